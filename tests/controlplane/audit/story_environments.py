"""From signing up to an environment that is purged."""

from __future__ import annotations

from collections.abc import Iterator

from tests.controlplane.audit import story_workloads
from tests.controlplane.audit.story import Story
from tests.controlplane.people import Person


def tell(story: Story) -> Iterator[tuple[str, list[str]]]:
    ada = Person.sign_up(story.client, "ada")
    yield "signUp", ["auth.signup"]
    ada = ada.logs_in()
    yield "logIn", ["auth.login"]
    account = story.asked(ada, "POST", "/accounts", {"name": "demo"})["accountId"]
    yield "createAccount", ["account.create"]
    environments = f"/accounts/{account}/environments"
    path = f"{environments}/{story.asked(ada, 'POST', environments, {'name': 'dev'})['environmentId']}"
    yield "createEnvironment", ["environment.create"]
    key = story.asked(ada, "POST", f"{path}/api-keys", {"description": "d", "role": "full"})["keyId"]
    yield "createApiKey", ["api_key.create"]
    story.asked(ada, "DELETE", f"{path}/api-keys/{key}")
    yield "revokeApiKey", ["api_key.revoke"]
    story.secrets.append(story.asked(ada, "POST", f"{path}/ui-sessions")["url"].partition("code=")[2])
    yield "createUiSession", ["ui_session.create"]
    yield from story_workloads.tell(story, ada, path)
    story.asked(ada, "PUT", f"{path}/outbound-policy", {"networks": ["10.0.0.0/8"]})
    yield "putOutboundPolicy", ["outbound_policy.update"]
    story.asked(ada, "PATCH", path, {"readOnly": True})
    yield "updateEnvironment", ["environment.update"]
    story.asked(ada, "PATCH", f"{path}/limits", {"requestsPerSecond": 100})
    yield "updateLimits", ["environment.limit"]
    yield from _identity_keys(story, ada, f"{path}/identity-keys")
    yield from _life(story, ada, path)
    story.asked(ada, "POST", "/auth/logout")
    yield "logOut", ["auth.logout"]


def _life(story: Story, ada: Person, path: str) -> Iterator[tuple[str, list[str]]]:
    """Paused, woken, upgraded, deleted, restored and destroyed."""
    story.asked(ada, "POST", f"{path}/pause")
    story.asked(ada, "POST", f"{path}/pause")
    yield "pauseEnvironment, twice", ["environment.pause"]
    story.asked(ada, "POST", f"{path}/wake")
    story.asked(ada, "POST", f"{path}/wake")
    yield "wakeEnvironment, twice", ["environment.wake"]
    beat = {"engines": 1, "version": "1", "engineVersions": ["1.7.13"]}
    assert story.node.call("POST", "/heartbeat", json=beat).status_code == 204
    generation = 1 + story.node.specs()[0]["generation"]
    story.asked(ada, "POST", f"{path}/upgrade", {"version": "1.7.13"})
    yield "upgradeEnvironment", ["environment.upgrade"]
    story.node.report(path.rpartition("/")[2], "FAILED", generation, "It does not start.")
    yield "(the engine of that version does not start)", ["environment.undo_upgrade"]
    story.asked(ada, "DELETE", path)
    yield "deleteEnvironment", ["environment.delete"]
    story.asked(ada, "POST", f"{path}/restore")
    yield "restoreEnvironment", ["environment.restore"]
    story.asked(ada, "DELETE", f"{path}?purge=true")
    yield "deleteEnvironment, purge", ["environment.purge"]
    story.node.does_what_it_should()
    yield "(the runner has destroyed it)", ["environment.destroyed"]


def _identity_keys(story: Story, ada: Person, path: str) -> Iterator[tuple[str, list[str]]]:
    unused = story.asked(ada, "POST", path)["identityKeyId"]
    yield "publishIdentityKey", ["identity_key.publish"]
    story.node.does_what_it_should()
    story.asked(ada, "DELETE", f"{path}/{unused}")
    yield "deleteIdentityKey", ["identity_key.delete"]
    story.asked(ada, "POST", path)
    story.rows()
    story.asked(ada, "POST", f"{path}/switch", {"force": True})
    yield "switchIdentityKey", ["identity_key.switch"]
    story.asked(ada, "POST", f"{path}/rollback")
    yield "rollBackIdentityKey", ["identity_key.rollback"]
    story.asked(ada, "POST", f"{path}/switch", {"force": True})
    story.node.does_what_it_should()
    story.rows()
    story.asked(ada, "POST", f"{path}/finish")
    yield "finishIdentityKey", ["identity_key.finish"]
