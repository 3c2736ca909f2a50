"""What people do on the pages, from the first click to the last, in a real browser at a real plane."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pyotp
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Authenticator, chromium, on_localhost, page
from tests.support.looking import watched
from tests.support.plane import Plane
from tests.support.tenants import PASSWORD, Person, sign_up
from tests.support.waiting import until

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("plane")]
__all__ = ["chromium", "page"]
WRONG = "The e-mail address or the password is wrong."


@pytest.fixture
def site(plane: Plane, page: Page) -> Iterator[str]:
    """Where the plane is; every page of the test is watched."""
    with watched(page.context, plane.api_url):
        yield plane.api_url


@pytest.fixture
def local(plane: Plane, page: Page) -> Iterator[str]:
    """The same under the name that passkeys can belong to."""
    with watched(page.context, on_localhost(plane.api_url)):
        yield on_localhost(plane.api_url)


def fill_login(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_in(page: Page, site: str, person: Person, goal: str = "/account/security") -> None:
    """Through the form; ends at ``goal``, whose heading has to come."""
    page.goto(f"{site}{goal}")
    fill_login(page, person.email)
    page.wait_for_url(f"{site}{goal}")


def at(page: Page) -> str:
    url = urlsplit(page.url)
    return url.path


def test_a_newcomer_gets_from_nothing_to_an_answering_environment(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Sign up").first.click()
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail address").fill(f"ada{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()

    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.get_by_label("Account name").fill("Not A Name")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#name-error")).to_contain_text("A name consists of lower-case letters")
    expect(page.get_by_label("Account name")).to_be_focused()
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Create an environment")).to_be_visible()
    page.get_by_role("button", name="Create environment").click()
    page.get_by_role("heading", name="1. An API key").wait_for()
    expect(page.get_by_role("heading", level=1)).to_have_text("dev")
    page.get_by_role("button", name="Create an API key").click()
    expect(page.get_by_text("Here is your key.")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy curl line").click()
    expect(page.get_by_role("button", name="Copy curl line")).to_have_text("Copied")
    line: str = page.evaluate("navigator.clipboard.readText()")
    assert line == page.locator("#curl").inner_text()
    answered = subprocess.run(["sh", "-c", f"{line} --silent"], capture_output=True, text=True, check=True)
    assert answered.stdout == '{"deployments":[]}'

    page.reload()
    assert "key_" not in page.content()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="dev")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(site)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_deep_link_survives_signing_up_and_the_first_run(page: Page, site: str) -> None:
    page.goto(f"{site}/members?done=invited")
    assert at(page) == "/login"
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail address").fill(f"u{uuid4().hex}@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Create environment").click()
    page.wait_for_url(f"{site}/members?done=invited")
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()


def test_the_back_button_leads_back_and_not_in_circles(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    person.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, person)
    page.get_by_role("link", name="Mail").click()
    page.get_by_role("heading", name="Mail").wait_for()
    page.go_back()
    expect(page.get_by_role("heading", name="Security")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Mail")).to_be_visible()


@pytest.mark.parametrize("goal", ["//evil.example/x", "/\\evil.example", "javascript:alert(1)", "/%2f/evil.example"])
def test_nobody_is_sent_elsewhere_after_signing_in(page: Page, site: str, plane: Plane, goal: str) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login?next={goal}")
    fill_login(page, person.email)
    page.get_by_role("heading", name="Create an account").wait_for()
    assert page.url == f"{site}/start"


def test_what_is_wrong_is_said_beside_it_in_the_words_of_the_api(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#email-error")).to_have_text("Please fill this in.")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    for email in (person.email, f"nobody{uuid4().hex}@example.com"):
        fill_login(page, email, "not the password")
        expect(page.get_by_role("alert").filter(has_text=WRONG)).to_be_visible()
    page.goto(f"{site}/signup")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#email-error")).to_contain_text("This is not an e-mail address")
    expect(page.locator("#password-error")).to_contain_text("at least 10")
    assert page.get_by_label("Password", exact=True).get_attribute("aria-invalid") == "true"


def test_an_authenticator_app_is_set_up_and_asked_for(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    assert page.locator("#totp-qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    secret = page.locator("#totp-secret").inner_text()
    page.get_by_label("Six digits it shows now").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_focused()
    code = page.locator("#codes").inner_text().split()[0]
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("button", name="Switch off")).to_be_visible()
    assert code not in page.content()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    fill_login(page, person.email)
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("000000")
    expect(page.locator("#code-form").get_by_role("alert")).not_to_be_empty()
    # The code of the next half minute: the present one has been used, and a clock may be a step ahead.
    page.get_by_label("Code").fill(pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=1))
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    fill_login(page, person.email)
    page.get_by_role("button", name="Use a recovery code").click()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()


def test_a_passkey_is_added_and_signs_in_alone(page: Page, local: str, plane: Plane) -> None:
    Authenticator(page)
    person = sign_up(plane.api_url)
    sign_in(page, local, person)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("work laptop")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have kept them").click()
    rename = page.get_by_label("Name of passkey work laptop")
    rename.fill("<b>laptop</b>")
    page.get_by_role("button", name="Rename passkey work laptop").click()
    expect(page.get_by_text("The passkey has its new name.")).to_be_visible()
    expect(page.get_by_label("Name of passkey <b>laptop</b>")).to_have_value("<b>laptop</b>")

    # In the field for the address: the virtual authenticator's user picks the passkey as soon as it is offered.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    # By the button, as in browsers that offer nothing in the field.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    page.goto(f"{local}/device")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()

    page.goto(f"{local}/account/security")
    page.get_by_role("button", name="Remove passkey").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()


def test_the_address_that_can_have_no_passkeys_names_the_one_that_can(page: Page, site: str) -> None:
    page.goto(f"{site}/login?next=/outbox")
    link = page.get_by_role("link", name="this page at localhost")
    assert link.get_attribute("href") == f"{on_localhost(site)}/login?next=/outbox"


def ask(plane: Plane, agent: str = "rcloud/1 (Linux)") -> dict[str, str]:
    answer = httpx2.post(
        f"{plane.api_url}/oauth2/device_authorization", data={"client_id": "rcloud"}, headers={"user-agent": agent}
    )
    assert answer.status_code == 200, answer.text
    asked: dict[str, str] = answer.json()
    return asked


def poll(plane: Plane, device_code: str) -> dict[str, str]:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "rcloud",
        "device_code": device_code,
    }
    answered: dict[str, str] = httpx2.post(f"{plane.api_url}/oauth2/token", data=form).json()
    return answered


def test_a_program_is_let_in_by_its_code_and_never_by_a_link_alone(page: Page, site: str, plane: Plane) -> None:
    person, asked = sign_up(plane.api_url), ask(plane)
    page.goto(asked["verification_uri_complete"])
    fill_login(page, person.email)
    expect(page.get_by_label("Code")).to_have_text(asked["user_code"])
    expect(page.get_by_text("Approve only if you have just started this")).to_be_visible()
    expect(page.get_by_text("127.0.0.1")).to_be_visible()
    assert poll(plane, asked["device_code"])["error"] in {"authorization_pending", "slow_down"}
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    token = until(lambda: poll(plane, asked["device_code"]).get("access_token"), 60)
    me = httpx2.get(f"{plane.api_url}/api/v1/auth/me", headers={"authorization": f"Bearer {token}"})
    assert me.json()["user"]["email"] == person.email

    page.goto(f"{site}/account/security")
    row = page.get_by_role("listitem").filter(has_text="program rcloud")
    row.get_by_role("button", name="End").click()
    page.get_by_role("dialog").get_by_role("button", name="End it").click()
    expect(page.get_by_text("That session has ended.")).to_be_visible()
    again = httpx2.get(f"{plane.api_url}/api/v1/auth/me", headers={"authorization": f"Bearer {token}"})
    assert again.status_code == 401


def test_a_program_is_turned_away_and_wrong_codes_are_said_to_be_wrong(page: Page, site: str, plane: Plane) -> None:
    person, asked = sign_up(plane.api_url), ask(plane)
    sign_in(page, site, person, "/device")
    page.get_by_label("Code").fill("AAAA-AAAA")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert").filter(has_text="No program waits with this code")).to_be_visible()
    page.get_by_label("Code").fill(asked["user_code"].lower())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Refused")).to_be_visible()
    assert until(lambda: poll(plane, asked["device_code"])["error"] == "access_denied", 60)


def test_consent_gives_a_code_that_is_worth_a_token(page: Page, plane: Plane) -> None:
    person, state = sign_up(plane.api_url), uuid4().hex
    redirect = "http://localhost:33912/callback"
    query = f"response_type=code&client_id=restate-cli&redirect_uri={redirect}&state={state}&scope=openid"
    heard: list[str] = []

    def program(route: Route) -> None:
        heard.append(route.request.url)
        route.fulfill(body="ok")

    page.route("http://localhost:33912/**", program)
    page.goto(f"{plane.api_url}/login?{query}")
    fill_login(page, person.email)
    expect(page.get_by_text("localhost:33912")).to_be_visible()
    expect(page.get_by_role("heading", name="Let Restate CLI act as you?")).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url(re.compile(r"http://localhost:33912/callback\?.*"))
    answer = parse_qs(urlsplit(heard[0]).query)
    assert answer["state"] == [state]
    form = {"grant_type": "authorization_code", "client_id": "restate-cli", "redirect_uri": redirect}
    given = httpx2.post(f"{plane.api_url}/oauth2/token", data=form | {"code": answer["code"][0]})
    assert given.status_code == 200, given.text
    assert given.json()["access_token"]


def test_consent_is_not_asked_for_a_program_or_an_address_nobody_knows(page: Page, site: str, plane: Plane) -> None:
    sign_in(page, site, sign_up(plane.api_url))
    for query in (
        "response_type=code&client_id=nobody&redirect_uri=http://localhost:33912/callback",
        "response_type=code&client_id=restate-cli&redirect_uri=https://evil.example/callback",
    ):
        page.goto(f"{site}/oauth2/authorize?{query}")
        expect(page.get_by_role("heading", name="This did not work")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_invitation_is_read_in_the_outbox_and_accepted(page: Page, site: str, plane: Plane) -> None:
    owner, guest = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    sign_in(page, site, owner, f"/members?account={account['accountId']}")
    page.get_by_label("E-mail address").fill(guest.email)
    page.get_by_label("Role", exact=True).select_option("viewer")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_text("The invitation is on its way.")).to_be_visible()
    expect(page.get_by_text(guest.email)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()

    sign_in(page, site, guest, "/outbox")
    page.get_by_role("link", name=re.compile("invitation")).click()
    expect(page.get_by_role("heading", name=f"Join {account['name']}")).to_be_visible()
    expect(page.get_by_text(f"{owner.email} invites you")).to_be_visible()
    page.get_by_role("button", name=f"Join {account['name']}").click()
    expect(page.get_by_text("Your role here is viewer.")).to_be_visible()
    page.goto(f"{site}/members?account={account['accountId']}")
    expect(page.get_by_text(owner.email)).to_be_visible()
    expect(page.get_by_role("heading", name="Invite")).to_have_count(0)
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    page.get_by_role("heading", name="Create an account").wait_for()


def test_roles_are_changed_and_members_removed(page: Page, site: str, plane: Plane) -> None:
    owner, other = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name=f"a{uuid4().hex[:20]}")
    owner.created(f"/accounts/{account['accountId']}/invitations", email=other.email, role="viewer")
    (invitation,) = other.call("GET", "/invitations").json()["items"]
    other.created("/invitations/accept", invitationId=invitation["invitationId"])
    sign_in(page, site, owner, f"/members?account={account['accountId']}")
    page.get_by_label(f"Role of {other.email}", exact=True).select_option("admin")
    page.get_by_role("button", name=f"Save the role of {other.email}").click()
    expect(page.get_by_text("The role is changed.")).to_be_visible()
    page.get_by_role("button", name=f"Leave {account['name']}").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="owner")).to_be_visible()
    page.get_by_role("button", name=f"Remove {other.email}").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name=f"Remove {other.email}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The member is removed")).to_be_visible()
    expect(page.get_by_text(other.email)).to_have_count(0)


def test_an_ended_session_leads_to_signing_in_and_back(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    person.call("DELETE", "/auth/sessions")
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_role("button", name="Save name").click()
    page.wait_for_url(re.compile("/login"))
    fill_login(page, person.email)
    page.wait_for_url(f"{site}/account/security")


def test_the_keyboard_alone_is_enough_to_sign_in(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    page.goto(f"{site}/login?next=/account/security")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site}/account/security")


def refused(route: Route, status: int, code: str, message: str, **details: object) -> None:
    """The answer of the API that this route gets instead of the plane's own."""
    route.fulfill(status=status, json={"code": code, "message": message, "details": details})


def test_a_domain_that_signs_in_elsewhere_is_led_there(page: Page, site: str) -> None:
    sso = {"provider": "<b>Corp</b>", "startUrl": "/api/v1/auth/sso/corp"}
    page.route("**/auth/login", lambda route: refused(route, 403, "sso_required", "Elsewhere.", **sso))
    page.goto(f"{site}/login?next=/outbox")
    fill_login(page, "ada@corp.example")
    link = page.get_by_role("link", name="Continue there")
    expect(link).to_be_focused()
    expect(page.get_by_text("Your company signs in with <b>Corp</b>.")).to_be_visible()
    assert link.get_attribute("href") == f"{site}/api/v1/auth/sso/corp?next=%2Foutbox"


def test_a_hostile_address_of_a_provider_is_no_link(page: Page, site: str) -> None:
    sso = {"provider": "x", "startUrl": "javascript:alert(1)"}
    page.route("**/auth/login", lambda route: refused(route, 403, "sso_required", "Elsewhere.", **sso))
    page.goto(f"{site}/login")
    fill_login(page, "ada@corp.example")
    page.wait_for_function("document.getElementById('login').ariaBusy === 'false'")
    expect(page.get_by_role("link", name="Continue there")).to_have_count(0)


def test_a_change_that_wants_a_recent_sign_in_offers_it_and_comes_back(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    sign_in(page, site, person)
    code = "recent_sign_in_required"
    page.route("**/auth/totp", lambda route: refused(route, 403, code, "Sign in again first."))
    page.get_by_role("button", name="Set up").click()
    alert = page.get_by_role("alert").filter(has_text="Sign in again first.")
    expect(alert).to_be_focused()
    alert.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_label("E-mail address")).to_have_value(person.email)
    fill_login(page, person.email)
    page.wait_for_url(f"{site}/account/security")


def test_a_lost_answer_is_told_and_repeating_creates_nothing_twice(page: Page, site: str, plane: Plane) -> None:
    person, keys = sign_up(plane.api_url), list[str | None]()
    sign_in(page, site, person, "/start")

    def lose(route: Route) -> None:
        """The plane did it; the answer never came."""
        keys.append(route.request.headers.get("idempotency-key"))
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/accounts", lose)
    page.get_by_label("Account name").fill(f"a{uuid4().hex[:20]}")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert").filter(has_text="The plane cannot be reached.")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Create an environment")).to_be_visible()
    assert keys[0]
    assert keys == [keys[0]] * 2
    assert len(person.call("GET", "/accounts").json()["items"]) == 1


def test_an_environment_that_cannot_start_says_why(page: Page, site: str, plane: Plane) -> None:
    person = sign_up(plane.api_url)
    person.created("/accounts", name=f"a{uuid4().hex[:20]}")
    failed = {"status": "FAILED", "steps": [], "error": "The runner has no room. Ask an operator."}
    page.route("**/api/v1/operations/*", lambda route: route.fulfill(json=failed))
    sign_in(page, site, person, "/start")
    page.get_by_role("button", name="Create environment").click()
    expect(page.get_by_role("alert").filter(has_text="The runner has no room.")).to_be_visible()
