"""The pages of a plane that sends mail and knows a provider: links from real mails, a real OpenID provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.support import identity_provider
from tests.support.browser import chromium, page
from tests.support.looking import faults
from tests.support.plane import Plane
from tests.support.smtp_sink import Sink, text_of
from tests.support.tenants import PASSWORD
from tests.support.waiting import until

pytestmark = pytest.mark.system
__all__ = ["chromium", "page"]
NEW = "quite another horse battery"
# Who signs up first on a plane for one machine operates it.
OPERATOR = "first@example.com"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def site(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = {
        "CONTROLPLANE_SMTP_URL": sink.url,
        "CONTROLPLANE_MAIL_FROM": "Restate Cloud <cloud@example.com>",
        "CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    with Plane(tmp_path_factory.mktemp("mailing"), settings) as running:
        first = {"email": OPERATOR, "password": PASSWORD}
        httpx2.post(f"{running.api_url}/api/v1/auth/signup", json=first, timeout=60).raise_for_status()
        yield running.api_url


def link(sink: Sink, email: str, path: str, mails: int = 1) -> str:
    """The newest link to ``path`` that was mailed to ``email``, once there were so many."""

    def found() -> str | None:
        links = [re.search(rf"http\S+{path}\?\S+", text_of(message)) for message in sink.to(email)]
        there = [one[0] for one in links if one]
        return there[-1] if len(there) >= mails else None

    return until(found, 60)


def sign_up(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/signup?next=/device")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
    expect(page.get_by_text(email)).to_be_visible()
    assert faults(page) == []


def test_an_address_is_confirmed_and_a_password_reset_by_mail(page: Page, site: str, sink: Sink) -> None:
    email = f"ada{uuid4().hex}@example.com"
    sign_up(page, site, email)
    page.goto(f"{site}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Send the confirmation mail again").click()
    expect(page.get_by_text("Sent. Open the link in that mail.")).to_be_visible()

    page.goto(link(sink, email, "/verify-email", mails=2))
    # Programs that look into mails open every link: opening alone confirms nothing.
    expect(page.get_by_role("heading", name="Confirm your address")).to_be_visible()
    page.get_by_role("button", name="Confirm and sign in").click()
    expect(page.get_by_role("heading", name="Connect a program")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()

    page.get_by_role("link", name="Forgot it?").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_focused()
    page.goto(link(sink, email, "/reset-password"))
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your password is set. Sign in with it.")).to_be_visible()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()


def test_a_link_that_is_worth_nothing_says_so(page: Page, site: str) -> None:
    page.goto(f"{site}/verify-email?token=nothing")
    page.get_by_role("button", name="Confirm and sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("link")
    page.goto(f"{site}/reset-password?token=nothing")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("link")


def test_a_provider_signs_in_from_the_page_and_back_to_where_one_was_going(page: Page, site: str, sink: Sink) -> None:
    with identity_provider.running([f"{site}/api/v1/auth/sso/corp/callback"]) as provider:
        operator = operator_of(site, sink)
        body = {
            "kind": "oidc",
            "name": "Corp <b>Login</b>",
            "provider": "corp",
            "issuer": provider.issuer,
            "clientId": identity_provider.CLIENT_ID,
            "clientSecret": identity_provider.CLIENT_SECRET,
        }
        made = httpx2.post(f"{site}/api/v1/sso-providers", json=body, headers=operator, timeout=60)
        assert made.status_code == 201, made.text

        page.context.clear_cookies()
        page.goto(f"{site}/device?user_code=AAAA-AAAA")
        page.get_by_role("link", name="Continue with Corp <b>Login</b>").click()
        page.wait_for_url(f"{provider.issuer}/**")
        page.locator("[name=login]").fill("ada")
        page.locator("[name=password]").fill("anything")
        page.get_by_role("button").click()
        page.get_by_role("button", name="Continue").click()
        page.wait_for_url(f"{site}/device?user_code=AAAA-AAAA")
        page.goto(f"{site}/account/security")
        expect(page.get_by_role("listitem").filter(has_text="ada@corp.example")).to_be_visible()
        expect(page.get_by_role("button", name="Set a password")).to_be_visible()

        page.context.clear_cookies()
        page.goto(f"{site}/login?error=sso_denied&next=/console/mail")
        expect(page.get_by_role("alert").filter(has_text="The provider did not sign you in")).to_be_visible()


def operator_of(site: str, sink: Sink) -> dict[str, str]:
    """The operator's credentials."""
    token = link(sink, OPERATOR, "/verify-email").partition("token=")[2]
    answer = httpx2.post(f"{site}/api/v1/auth/verify-email", json={"token": token}, timeout=60)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['accessToken']}"}
