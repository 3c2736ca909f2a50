"""Accounts' own providers, seen by somebody who runs one with bad intentions; and single sign-on that is required."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.core import outbound
from controlplane.login import links
from controlplane.users.models import User
from tests.controlplane.people import API, PASSWORD, SignedUp
from tests.controlplane.sso.conftest import Browser, connected, landed, refusal, verified_domain
from tests.support.identity_provider_rogue import Rogue

Browsers = Callable[[], Browser]


@pytest.fixture(autouse=True)
def _reachable(loopback_allowed: None) -> None:
    """A tenant's provider would not be on this machine."""


@pytest.fixture
def mallory(signed_up: SignedUp, rogue: Rogue) -> str:
    """The address name of the provider that Mallory's account runs; its account has proven evil.example."""
    account_id = signed_up("mallory").account("evil")
    verified_domain(account_id, "evil.example")
    return connected(rogue.issuer, account_id=account_id).provider


def test_it_signs_in_people_of_the_accounts_domain(browser: Browsers, rogue: Rogue, mallory: str) -> None:
    here = browser()
    rogue.claims = {"email": "minion@evil.example"}
    assert landed(here.come_back(mallory, **rogue.consents(here.start(mallory)))) == "/"
    assert (here.me() or {})["email"] == "minion@evil.example"


@pytest.mark.parametrize(
    "email",
    ["ada@example.com", "nobody@example.com", "ada@sub.evil.example", "ada@evil.example.com", "ada@xevil.example",
     "ada@evil.example@example.com", "\u00e4da@ev\u0131l.example"],
)  # fmt: skip
def test_it_speaks_for_nobody_else(
    browser: Browsers, rogue: Rogue, mallory: str, signed_up: SignedUp, email: str
) -> None:
    ada, here = signed_up("ada"), browser()
    rogue.claims = {"email": email}
    answer = here.come_back(mallory, **rogue.consents(here.start(mallory)))
    assert refusal(answer) in {"sso_not_permitted", "sso_email_unverified"}
    assert here.me() is None
    assert ada.get("/auth/identities").json()["items"] == []


def test_a_known_identity_is_worth_nothing_once_the_domain_is_lost(
    browser: Browsers, rogue: Rogue, mallory: str, session: Session
) -> None:
    rogue.claims = {"email": "minion@evil.example"}
    here = browser()
    here.come_back(mallory, **rogue.consents(here.start(mallory)))
    later = browser()
    answer = rogue.consents(later.start(mallory))
    session.execute(text("UPDATE domain SET verified_at = NULL"))
    assert refusal(later.come_back(mallory, **answer)) == "sso_not_permitted"
    assert refusal(later.visit(mallory)) == "sso_unknown_provider"


def test_a_provider_that_can_sign_in_nobody_leads_nowhere(browser: Browsers, rogue: Rogue, signed_up: SignedUp) -> None:
    account_id = signed_up("mallory").account("evil")
    provider = connected(rogue.issuer, account_id=account_id).provider
    assert refusal(browser().visit(provider)) == "sso_unknown_provider"


def test_nobody_of_elsewhere_can_be_talked_into_adding_it(
    browser: Browsers, rogue: Rogue, mallory: str, signed_up: SignedUp
) -> None:
    here = browser()
    here.client.cookies.set("rc_session", signed_up("ada").cookie)
    answer = here.visit(mallory, headers={"sec-fetch-site": "same-origin"}, link=True)
    rogue.claims = {"email": "minion@evil.example"}
    assert refusal(here.come_back(mallory, **rogue.consents(answer.headers["location"]))) == "sso_not_permitted"


def test_the_domain_of_another_account_is_not_the_connections(
    browser: Browsers, rogue: Rogue, mallory: str, signed_up: SignedUp
) -> None:
    verified_domain(signed_up("ada").account("corp"), "corp.example")
    here = browser()
    rogue.claims = {"email": "ada@corp.example"}
    assert refusal(here.come_back(mallory, **rogue.consents(here.start(mallory)))) == "sso_not_permitted"


def test_it_signs_in_no_operator_of_the_plane(
    browser: Browsers, rogue: Rogue, mallory: str, signed_up: SignedUp, session: Session
) -> None:
    operator = signed_up("operator")
    session.execute(
        text("""UPDATE "user" SET operator = true, email = 'root@evil.example' WHERE user_id = :id"""),
        {"id": operator.user_id},
    )
    session.expire_all()
    here = browser()
    rogue.claims = {"email": "root@evil.example"}
    assert refusal(here.come_back(mallory, **rogue.consents(here.start(mallory)))) == "sso_not_permitted"
    here.client.cookies.set("rc_session", operator.cookie)
    answer = here.visit(mallory, headers={"sec-fetch-site": "same-origin"}, link=True)
    assert refusal(here.come_back(mallory, **rogue.consents(answer.headers["location"]))) == "sso_not_permitted"


def test_a_slow_tenant_holds_up_tenants_only(browser: Browsers, rogue: Rogue, mallory: str) -> None:
    here = browser()
    answer = rogue.consents(here.start(mallory))
    places = [outbound.place("sign-ins of tenants", 8) for _ in range(8)]
    for place in places:
        place.__enter__()
    assert refusal(here.come_back(mallory, **answer)) == "sso_busy"
    connected(rogue.issuer, "plane")
    assert landed(here.come_back("plane", **rogue.consents(here.start("plane")))) == "/"
    for place in places:
        place.__exit__(None, None, None)


def moved(session: Session, user_id: str) -> None:
    """The user has an address of corp.example."""
    session.execute(text("""UPDATE "user" SET email = 'bob@corp.example' WHERE user_id = :id"""), {"id": user_id})


class TestRequired:
    """corp.example belongs to Ada's account, which asks its people to come through its provider."""

    @pytest.fixture
    def provider(self, signed_up: SignedUp, rogue: Rogue) -> str:
        account_id = signed_up("owner").account("corp")
        connection = connected(rogue.issuer, account_id=account_id)
        verified_domain(
            account_id, "corp.example", sso_required=True, sso_connection_id=connection.connection_id, join_mode="auto"
        )
        return connection.provider

    def test_it_is_the_way_in_and_into_the_account(self, browser: Browsers, rogue: Rogue, provider: str) -> None:
        here = browser()
        assert landed(here.come_back(provider, **rogue.consents(here.start(provider)))) == "/"
        accounts = here.client.get(f"{API}/auth/me").json()["accounts"]
        assert [(one["name"], one["role"]) for one in accounts] == [("corp", Role.DEVELOPER)]

    @pytest.mark.parametrize("email", ["ada@corp.example", "nobody@corp.example", "ADA@Corp.Example"])
    @pytest.mark.parametrize("path", ["login", "signup"])
    def test_a_password_is_refused_by_the_domain_alone(
        self, browser: Browsers, rogue: Rogue, provider: str, email: str, path: str
    ) -> None:
        first = browser()
        first.come_back(provider, **rogue.consents(first.start(provider)))
        answer = browser().client.post(f"{API}/auth/{path}", json={"email": email, "password": PASSWORD})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (403, "sso_required")
        start_url = f"http://127.0.0.1:8000/api/v1/auth/sso/{provider}"
        assert body["details"] == {"provider": provider, "startUrl": start_url}

    def test_another_provider_is_no_way_around(self, browser: Browsers, rogue: Rogue, provider: str) -> None:
        connected(rogue.issuer, "plane")
        before = browser()
        assert refusal(before.come_back("plane", **rogue.consents(before.start("plane")))) == "sso_required"
        through = browser()
        through.come_back(provider, **rogue.consents(through.start(provider)))
        after = browser()
        assert refusal(after.come_back("plane", **rogue.consents(after.start("plane")))) == "sso_required"

    def test_other_domains_are_not_concerned(self, browser: Browsers, provider: str) -> None:
        answer = browser().client.post(
            f"{API}/auth/login", json={"email": "ada@sub.corp.example", "password": PASSWORD}
        )
        assert answer.json()["code"] == "wrong_credentials"

    @pytest.mark.parametrize("password", [PASSWORD, "wrong horse battery"])
    @pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
    @pytest.mark.parametrize("has_factor", [True, False])
    def test_an_owner_with_a_second_factor_gets_in_when_the_provider_is_broken(
        self, browser: Browsers, provider: str, signed_up: SignedUp, session: Session, password: str, role: Role,
        has_factor: bool,
    ) -> None:  # fmt: skip
        bob = signed_up("bob")
        account_id = session.execute(text("SELECT account_id FROM domain")).scalar_one()
        bob.joins(account_id, role)
        moved(session, bob.user_id)
        if has_factor:
            session.execute(text("UPDATE \"user\" SET second_factor_since = now() WHERE email LIKE 'bob%'"))
        answer = browser().client.post(f"{API}/auth/login", json={"email": "bob@corp.example", "password": password})
        may = password == PASSWORD and role is Role.OWNER and has_factor
        assert answer.json()["code"] == ("second_factor_required" if may else "sso_required")

    def test_a_link_that_was_sent_before_is_no_way_around(
        self, browser: Browsers, provider: str, signed_up: SignedUp, session: Session
    ) -> None:
        bob = signed_up("bob")
        moved(session, bob.user_id)
        session.expire_all()
        user = session.get(User, bob.user_id)
        assert user is not None
        token = links.make(session, user, links.Purpose.PASSWORD_RESET).url.rpartition("=")[2]
        session.commit()
        body = {"token": token, "password": "another horse battery"}
        answer = browser().client.post(f"{API}/auth/password/reset", json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "sso_required")
