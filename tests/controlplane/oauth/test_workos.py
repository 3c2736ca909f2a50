"""The device flow as the stock CLI 1.7 speaks it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.controlplane.oauth.programs import DEVICE_GRANT, Program, error_of
from tests.controlplane.people import API, SignedUp

REQUIRED = {"device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"}


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_the_device_flow(client: TestClient, signed_up: SignedUp, decision: str) -> None:
    cli, ada = Program(client), signed_up("ada")
    asked = cli.post("/user_management/authorize/device").json()
    assert asked.keys() == REQUIRED
    poll = {"grant_type": DEVICE_GRANT, "device_code": asked["device_code"]}
    assert error_of(cli.post("/user_management/authenticate", **poll)) == (400, "authorization_pending")
    ada.post(f"/auth/device/{asked['user_code']}", {"decision": decision})
    answer = cli.post("/user_management/authenticate", **poll)
    if decision == "deny":
        assert error_of(answer) == (400, "access_denied")
    else:
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        assert client.get(f"{API}/auth/me", headers=headers).json()["user"]["email"] == ada.email


def test_an_unknown_client_is_refused(client: TestClient) -> None:
    assert error_of(Program(client, "client_01H").post("/user_management/authorize/device")) == (400, "invalid_client")
