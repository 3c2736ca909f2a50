"""From a job's token to an access token of one environment, and what that opens."""

from __future__ import annotations

from tests.controlplane.workload_identity.conftest import Team


def test_a_job_gets_an_access_token_of_the_one_environment(team: Team) -> None:
    answer = team.exchange(team.issuer.token(team.audience))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    job = team.as_job(body.pop("access_token"))
    environment = team.owner.get(team.path).json()
    seconds = body.pop("expires_in")
    assert 14 * 60 < seconds <= 15 * 60
    assert body == {
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "scope": "developer",
        "environment_id": team.environment_id,
        "ingress_url": environment["ingressBaseUrl"],
        "admin_url": environment["adminBaseUrl"],
    }
    assert answer.headers["cache-control"] == "no-store"
    assert job.get(team.path).json()["environmentId"] == team.environment_id
