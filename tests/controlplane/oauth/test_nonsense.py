"""Whatever is sent, the answer is one of the protocol's: nothing of it reaches a traceback."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.controlplane.oauth.programs import DEVICE_GRANT, PKCE, REDIRECT, VERIFIER, query
from tests.controlplane.people import Person, SignedUp

_KNOWN = st.sampled_from(
    ["restate-cli", "rcloud", "authorization_code", DEVICE_GRANT, "code", REDIRECT, VERIFIER, "S256", "plain", "openid"]
)
_VALUES = st.one_of(_KNOWN, st.text(max_size=60), st.text('"\\\r\n\t\x00\x7fä€', max_size=5))
_NAMES = st.sampled_from(
    [
        "client_id", "client_secret", "grant_type", "code", "code_verifier", "redirect_uri", "device_code", "scope",
        "state", "token", "token_type_hint", "response_type", "code_challenge", "code_challenge_method",
    ]
)  # fmt: skip
_FORMS = st.dictionaries(_NAMES, _VALUES, max_size=8)
_THOROUGH = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_ENDPOINTS = ("/oauth2/token", "/oauth2/device_authorization", "/oauth2/revoke", "/user_management/authenticate")


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


@_THOROUGH
@given(path=st.sampled_from(_ENDPOINTS), form=_FORMS)
@example(path="/oauth2/token", form={"client_id": "restate-cli", "grant_type": "authorization_code", "code": '"\\'})
def test_forms(client: TestClient, path: str, form: dict[str, str]) -> None:
    answer = client.post(path, data=form)
    assert answer.status_code in {200, 400, 401, 429}, (answer.text, form)
    assert answer.status_code == 200 or answer.json()["error_description"]


@_THOROUGH
@given(changes=_FORMS)
@example(changes={"state": '"\\', **PKCE})
def test_authorization_requests(ada: Person, changes: dict[str, str]) -> None:
    answer = ada.post("/auth/authorize", query() | changes)
    assert answer.status_code in {200, 400, 422}, (answer.text, changes)
