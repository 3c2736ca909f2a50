"""A CI job is trusted, let in, and turned away."""

from __future__ import annotations

from collections.abc import Iterator

from tests.controlplane.audit.story import Story
from tests.controlplane.people import Person


def tell(story: Story, ada: Person, environment: str) -> Iterator[tuple[str, list[str]]]:
    path = f"{environment}/workload-identity-rules"
    body = {"name": "ci", "issuer": story.rogue.issuer, "conditions": {"sub": "a-job"}, "role": "viewer"}
    rule = story.asked(ada, "POST", path, body)
    yield "createWorkloadRule", ["workload_rule.create"]
    before, story.rogue.claims = story.rogue.claims, {"sub": "a-job", "aud": rule["audience"]}
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "subject_token": story.rogue.id_token(),
        "audience": rule["ruleId"],
    }
    story.rogue.claims = before
    for status in (200, 400):
        answer = story.client.post("/oauth2/token", data=form)
        assert answer.status_code == status, answer.text
        story.secrets.append(answer.json().get("access_token", form["subject_token"]))
    yield "(a job exchanges its token, once)", ["workload.exchange"]
    assert story.client.post("/oauth2/revoke", data={"token": story.secrets[-2]}).status_code == 200
    yield "(a job gives its token back)", ["workload.revoke"]
    story.asked(ada, "PUT", f"{path}/{rule['ruleId']}", body)
    yield "putWorkloadRule", ["workload_rule.update"]
    story.asked(ada, "DELETE", f"{path}/{rule['ruleId']}")
    yield "deleteWorkloadRule", ["workload_rule.delete"]
