"""Keeping providers: operators' for the plane, accounts' own; what is wrong with one is said when it is connected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.sso_connections import discovery
from controlplane.sso_connections.discovery import Provider
from tests.controlplane.people import API, Person, SignedUp
from tests.controlplane.sso.conftest import connected, verified_domain
from tests.support.identity_provider_rogue import Rogue

SECRET = "a secret that is never shown again"


@pytest.fixture
def owner(operator: Person, signed_up: SignedUp) -> Person:
    return signed_up("owner")


def new(issuer: str, **more: Any) -> dict[str, Any]:
    return {"kind": "oidc", "name": "Corp Login", "issuer": issuer, "clientId": "the-plane"} | more


def test_an_operator_connects_a_provider_for_everybody(operator: Person, rogue: Rogue) -> None:
    answer = operator.post("/sso-providers", new(rogue.issuer, provider="corp", clientSecret=SECRET))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["redirectUri"] == "http://127.0.0.1:8000/api/v1/auth/sso/corp/callback"
    assert (body["hasClientSecret"], body["enabled"]) == (True, True)
    offered = operator.client.get(f"{API}/auth/providers").json()["items"]
    assert offered == [
        {"provider": "corp", "kind": "oidc", "name": "Corp Login",
         "startUrl": "http://127.0.0.1:8000/api/v1/auth/sso/corp"},
    ]  # fmt: skip
    answer = operator.post("/sso-providers", new(rogue.issuer, provider="corp"))
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_taken")


def test_a_secret_is_never_shown_again_nor_stored_as_it_is(operator: Person, rogue: Rogue, session: Session) -> None:
    created = operator.post("/sso-providers", new(rogue.issuer, provider="corp", clientSecret=SECRET))
    changed = operator.call("PATCH", "/sso-providers/corp", json={"clientSecret": SECRET + "!"})
    listed = operator.get("/sso-providers")
    tables = [session.execute(text(f"SELECT * FROM {name}")).all() for name in ("sso_connection", "audit_event")]
    for shown in (created.text, changed.text, listed.text, str(tables)):
        assert SECRET not in shown


def test_changing_switching_off_and_removing(operator: Person, rogue: Rogue) -> None:
    operator.post("/sso-providers", new(rogue.issuer, provider="corp", clientSecret=SECRET))
    changed = operator.call("PATCH", "/sso-providers/corp", json={"name": "New", "enabled": False}).json()
    assert (changed["name"], changed["enabled"], changed["clientId"], changed["hasClientSecret"]) == (
        "New", False, "the-plane", True,
    )  # fmt: skip
    assert operator.client.get(f"{API}/auth/providers").json()["items"] == []
    assert operator.call("PATCH", "/sso-providers/corp", json={"issuer": "https://x.example"}).status_code == 422
    assert operator.delete("/sso-providers/corp").status_code == 204
    assert operator.delete("/sso-providers/corp").status_code == 404


def test_the_hosted_domain_is_compared_as_it_is_kept_and_may_be_taken_back(operator: Person, rogue: Rogue) -> None:
    created = operator.post("/sso-providers", new(rogue.issuer, provider="corp", hostedDomain="Corp.Example")).json()
    assert created["hostedDomain"] == "corp.example"
    changes: list[tuple[dict[str, Any], str | None]] = [
        ({"hostedDomain": "Other.Example"}, "other.example"),
        ({"name": "New", "clientId": None}, "other.example"),
        ({"hostedDomain": None}, None),
    ]
    for change, held in changes:
        answer = operator.call("PATCH", "/sso-providers/corp", json=change)
        assert (answer.json()["hostedDomain"], answer.json()["clientId"]) == (held, "the-plane")
    assert operator.call("PATCH", "/sso-providers/corp", json={"hostedDomain": "x" * 254}).status_code == 422


def test_only_operators_have_a_say_in_the_planes(owner: Person, rogue: Rogue) -> None:
    connected(rogue.issuer)
    calls = [
        ("GET", "", None),
        ("POST", "", new(rogue.issuer)),
        ("PATCH", "/corp", {"name": "x"}),
        ("DELETE", "/corp", None),
    ]
    for method, path, body in calls:
        answer = owner.call(method, f"/sso-providers{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "operator_required")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"issuer": "https://another.example"}, "says its issuer is 'https://another.example'"),
        ({"issuer": None}, "says its issuer is 'None'"),
        ({"token_endpoint": None}, "does not name its token_endpoint"),
        ({"jwks_uri": None, "authorization_endpoint": 5}, "does not name its authorization_endpoint, jwks_uri"),
        ({"jwks_uri": "http://127.0.0.1:1/"}, "accepts no connection"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is not an https address"),
        ({"token_endpoint": "https://user:pass@idp.example/"}, "token_endpoint is not an https address"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not support PKCE with S256"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said(
    operator: Person, rogue: Rogue, document: dict[str, Any], sentence: str
) -> None:
    rogue.document = document
    answer = operator.post("/sso-providers", new(rogue.issuer))
    assert (answer.status_code, answer.json()["code"]) == (400, "provider_unusable")
    assert sentence in answer.json()["message"]


@pytest.mark.parametrize(
    ("issuer", "sentence"),
    [
        ("https://nowhere.invalid", "does not resolve (DNS)"),
        ("http://127.0.0.1:1", "accepts no connection (TCP)"),
        ("nonsense", "issuer is not an https address"),
        ("https://idp.example?x=1", "without a query"),
        (None, "needs its issuer"),
    ],
)
def test_what_is_wrong_with_an_issuer_is_said(operator: Person, issuer: str, sentence: str) -> None:
    answer = operator.post("/sso-providers", new(issuer))
    assert answer.status_code == 400
    assert sentence in answer.json()["message"]


def test_an_account_connects_its_own(owner: Person, rogue: Rogue, loopback_allowed: None) -> None:
    account_id = owner.account("corp")
    path = f"/accounts/{account_id}/sso-connections"
    made = owner.post(path, new(rogue.issuer, clientSecret=SECRET))
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["provider"].startswith("sso-")
    assert owner.client.get(f"{API}/auth/providers").json()["items"] == []
    one = f"{path}/{body['connectionId']}"
    assert owner.get(one).json() == owner.get(path).json()["items"][0] == body
    assert owner.call("PATCH", one, json={"enabled": False}).json()["enabled"] is False
    assert owner.delete(one).status_code == 204


def test_it_is_the_owners_alone(owner: Person, rogue: Rogue, signed_up: SignedUp, loopback_allowed: None) -> None:
    account_id, eve = owner.account("corp"), signed_up("eve")
    path = f"/accounts/{account_id}/sso-connections"
    one = f"{path}/{owner.post(path, new(rogue.issuer)).json()['connectionId']}"
    theirs = f"/accounts/{eve.account('evil')}/sso-connections/{one.rpartition('/')[2]}"
    for path_of_eve in (one, theirs):
        assert eve.get(path_of_eve).status_code == 404
        assert eve.call("PATCH", path_of_eve, json={"clientId": "evil"}).status_code == 404
        assert eve.delete(path_of_eve).status_code == 404
    admin = signed_up("admin").joins(account_id, Role.ADMIN)
    assert admin.get(one).status_code == 200
    assert admin.post(path, new(rogue.issuer)).status_code == 403
    assert admin.call("PATCH", one, json={"enabled": False}).status_code == 403


def test_an_accounts_provider_is_not_on_this_machine(owner: Person, rogue: Rogue) -> None:
    path = f"/accounts/{owner.account('corp')}/sso-connections"
    answer = owner.post(path, new(rogue.issuer))
    assert (answer.status_code, answer.json()["code"]) == (400, "provider_unusable")
    assert "not a public address" in answer.json()["message"]
    for address in ("http://169.254.169.254/latest", "https://[::1]", "https://10.0.0.1", "https://localhost"):
        assert owner.post(path, new(address)).status_code == 400
    assert rogue.asked == []


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_nor_is_what_its_discovery_names(owner: Person, rogue: Rogue, loopback_allowed: None, name: str) -> None:
    rogue.document = {name: "https://169.254.169.254/latest/meta-data"}
    answer = owner.post(f"/accounts/{owner.account('corp')}/sso-connections", new(rogue.issuer))
    assert answer.status_code == 400
    assert "169.254.169.254, which is not a public address" in answer.json()["message"]


def test_workos_and_reserved_names_are_not_for_everybody(owner: Person, operator: Person, rogue: Rogue) -> None:
    body = {"kind": "workos", "name": "WorkOS", "clientId": "client_x"}
    answer = owner.post(f"/accounts/{owner.account('corp')}/sso-connections", body)
    assert "only its operators" in answer.json()["message"]
    answer = operator.post("/sso-providers", new(rogue.issuer, provider="sso-corp"))
    assert "Names that begin with sso-" in answer.json()["message"]


def test_a_connection_that_a_domain_names_stays(owner: Person, rogue: Rogue, loopback_allowed: None) -> None:
    account_id = owner.account("corp")
    connection = connected(rogue.issuer, account_id=account_id)
    verified_domain(account_id, sso_connection_id=connection.connection_id, sso_required=True)
    answer = owner.delete(f"/accounts/{account_id}/sso-connections/{connection.connection_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "sso_connection_in_use")


def test_a_door_is_opened_by_who_signed_in_a_moment_ago(
    owner: Person, operator: Person, rogue: Rogue, loopback_allowed: None, later: Callable[[timedelta], None]
) -> None:
    """A cookie or a token that got lost is an old one as a rule."""
    path = f"/accounts/{owner.account('corp')}/sso-connections"
    theirs = f"{path}/{owner.post(path, new(rogue.issuer)).json()['connectionId']}"
    operator.post("/sso-providers", new(rogue.issuer, provider="corp"))
    later(timedelta(minutes=16))
    for person, one, all_of_them in ((owner, theirs, path), (operator, "/sso-providers/corp", "/sso-providers")):
        for answer in (person.post(all_of_them, new(rogue.issuer)), person.call("PATCH", one, json={"clientId": "x"})):
            assert (answer.status_code, answer.json()["code"]) == (403, "recent_sign_in_required")
        assert person.get(all_of_them).status_code == 200
        assert person.delete(one).status_code == 204


def test_an_account_has_a_few(owner: Person, rogue: Rogue, loopback_allowed: None) -> None:
    account_id = owner.account("corp")
    for _ in range(10):
        connected(rogue.issuer, account_id=account_id)
    answer = owner.post(f"/accounts/{account_id}/sso-connections", new(rogue.issuer))
    assert (answer.status_code, answer.json()["code"]) == (409, "sso_connection_limit_reached")


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_who_is_removed_while_their_provider_takes_its_time_connects_nothing(
    owner: Person, rogue: Rogue, signed_up: SignedUp, loopback_allowed: None, monkeypatch: pytest.MonkeyPatch,
    method: str,
) -> None:  # fmt: skip
    account_id, evil = owner.account("corp"), signed_up("evil")
    evil.joins(account_id, Role.OWNER)
    path = f"/accounts/{account_id}/sso-connections"
    if method == "PATCH":
        path += f"/{owner.post(path, new(rogue.issuer)).json()['connectionId']}"
    answered = discovery.discover

    def slowly(provider: Provider) -> dict[str, Any]:
        assert owner.delete(f"/accounts/{account_id}/members/{evil.user_id}").status_code == 204
        return answered(provider)

    monkeypatch.setattr(discovery, "discover", slowly)
    body = new(rogue.issuer) if method == "POST" else {"clientId": "evil"}
    assert evil.call(method, path, json=body).status_code == 404
    found = owner.get(f"/accounts/{account_id}/sso-connections").json()["items"]
    assert [one["clientId"] for one in found] == (["the-plane"] if method == "PATCH" else [])
