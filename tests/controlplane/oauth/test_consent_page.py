"""The consent page as attackers would like it: framed, or sending its visitor somewhere of their choice."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.controlplane.oauth.programs import query
from tests.controlplane.people import SignedUp

PATHS = ["/login", "/oauth2/authorize"]


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


def opened(client: TestClient, path: str, asked: dict[str, str], cookie: str = "") -> httpx2.Response:
    headers = {"accept": "text/html", "cookie": f"rc_session={cookie}"} if cookie else {"accept": "text/html"}
    return client.get(f"{path}?{urlencode(asked)}", headers=headers, follow_redirects=False)


def test_opening_it_shows_who_asks_and_grants_nothing(client: TestClient, signed_up: SignedUp, path: str) -> None:
    shown = opened(client, path, query(), signed_up().cookie)
    assert shown.status_code == 200
    assert "Restate CLI" in shown.text
    assert "localhost:33912" in shown.text
    assert shown.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "no-store"


def test_a_stranger_signs_in_first_and_comes_back(client: TestClient, path: str) -> None:
    answer = opened(client, path, query())
    assert answer.status_code in {302, 303, 307}
    target = urlsplit(answer.headers["location"])
    assert (target.netloc, target.path) == ("", "/login")
    assert parse_qs(target.query)["next"] == [f"/oauth2/authorize?{urlencode(query())}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "http://localhost:33912@evil.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": "unknown", "redirect_uri": "https://evil.example/callback"},
        {"response_type": "token", "redirect_uri": "https://evil.example/callback"},
    ],
)
def test_it_never_sends_anybody_to_an_address_of_somebody_elses(
    client: TestClient, signed_up: SignedUp, path: str, changes: dict[str, str]
) -> None:
    answer = opened(client, path, query(**changes), signed_up().cookie)
    assert 400 <= answer.status_code < 500
    assert "location" not in answer.headers
    assert 'href="https://evil' not in answer.text
    assert 'href="javascript' not in answer.text
