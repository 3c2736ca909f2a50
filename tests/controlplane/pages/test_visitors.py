"""Who sees which page, and where everybody else is led. Hostile names stay words."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from starlette.testclient import TestClient

from controlplane.core import database
from controlplane.pages import agents
from tests.controlplane.people import API, Person, SignedUp

HTML = {"accept": "text/html"}
Visits = Callable[..., httpx2.Response]
NEED_A_SESSION = ["/account/security", "/members", "/members?account=acc_x", "/device", "/device?user_code=AAAA-AAAA"]
CORPUS = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "javascript:alert(1)",
    "</title><script>alert(1)</script>", "{{ 7*7 }}{% raw %}", "${7*7}", "<svg/onload=alert(1)>", "&lt;b&gt;",
    "\\u003cb", "--><b>", "</pre><b>", "`<b>`", "\u202eevil", "<a href='javascript:alert(1)'>x</a>", "\"]}'><b>",
]  # fmt: skip


@pytest.fixture
def at(client: TestClient) -> Visits:
    """``at(path, person)``: the page for a browser with this person's cookie; redirects are not followed."""

    def get(path: str, person: Person | None = None, **headers: str) -> httpx2.Response:
        cookie = {"cookie": f"rc_session={person.cookie}"} if person else {}
        return client.get(path, headers=HTML | cookie | headers, follow_redirects=False)

    return get


@pytest.mark.parametrize("path", NEED_A_SESSION)
def test_a_page_for_people_leads_strangers_to_sign_in_and_back(at: Visits, path: str) -> None:
    answer = at(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={quote(path, safe='/')}")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", NEED_A_SESSION)
def test_a_session_that_is_over_is_none(at: Visits, signed_up: SignedUp, path: str) -> None:
    ada = signed_up()
    ada.post("/auth/logout")
    assert at(path, ada).headers["location"].startswith("/login?next=")


def test_a_page_knows_a_cookie_and_no_bearer_token(client: TestClient, signed_up: SignedUp) -> None:
    answer = client.get("/account/security", headers=HTML | signed_up().headers, follow_redirects=False)
    assert answer.status_code == 303


def test_whoever_is_signed_in_is_at_home_in_the_console(at: Visits, signed_up: SignedUp) -> None:
    ada = signed_up()
    assert at("/", ada).headers["location"] == "/console/"
    assert at("/members", ada).headers["location"] == "/console/"
    account = ada.account()
    for path in ("/members", f"/members?account={account}"):
        assert at(path, ada).headers["location"] == f"/console/accounts/{account}/members"
    assert at("/login", ada).headers["location"] == "/"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/start", "/console/"), ("/start?step=account", "/console/"), ("/outbox", "/console/mail"),
        ("/start?next=/device%3Fuser_code%3DAAAA-AAAA", "/device?user_code=AAAA-AAAA"),
        ("/start?next=/invitation%3Ftoken%3Dx", "/invitation?token=x"),
        ("/start?next=//evil.example", "/console/"), ("/start?next=/%255Cevil.example", "/console/"),
    ],
)  # fmt: skip
def test_addresses_of_before_lead_to_the_console_or_where_one_was_going(at: Visits, path: str, place: str) -> None:
    answer = at(path)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/login?next=/outbox", "/signup?next=/outbox"])
def test_who_is_signed_in_goes_on_at_once(at: Visits, signed_up: SignedUp, path: str) -> None:
    assert at(path, signed_up()).headers["location"] == "/outbox"


@pytest.mark.parametrize("path", ["/login", "/signup"])
@pytest.mark.parametrize("goal", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "/%2F/evil.example"])
def test_a_link_to_us_leads_nowhere_else(at: Visits, signed_up: SignedUp, path: str, goal: str) -> None:
    assert at(f"{path}?next={quote(goal)}", signed_up()).headers["location"] == "/"
    text = at(f"{path}?next={quote(goal)}").text
    assert 'data-next="/"' in text
    # Only the address of this very page, for passkeys, repeats what was asked for.
    assert "evil" not in re.sub(r'href="http://localhost:8000/[^"]*"', "", text)


@pytest.mark.parametrize("hostile", ["../../auth/me", "..%2f..", "x/../../", "?x", "#", "a b", "é"])
def test_an_identifier_never_becomes_another_path(at: Visits, signed_up: SignedUp, hostile: str) -> None:
    ada = signed_up()
    place = at(f"/members?account={quote(hostile)}", ada).headers["location"]
    assert place == "/console/accounts/-/members"
    assert "No program waits with this code" in at(f"/device?user_code={quote(hostile)}", ada).text


def test_without_a_database_the_page_says_so(
    client: TestClient, signed_up: SignedUp, at: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(database, "_sessions", lambda: sessionmaker(nowhere))
    answer = at("/account/security", ada)
    assert answer.status_code == 503
    assert "Environments go on working; changes wait." in answer.text


@pytest.mark.parametrize(
    "header",
    [
        {b"user-agent": b"\xff\xfe"}, {b"user-agent": "\u202e".encode()}, {b"cookie": b"rc_session=\xe9"},
        {b"cookie": b'rc_session="a\\073 rc_session=b"'}, {b"cookie": b"rc_session=; rc_session=x"}, {b"host": b"["},
        {b"host": b"127.0.0.1:x"}, {b"host": b"evil.example"}, {b"accept-language": b"\xff"},
    ],
    ids=str,
)  # fmt: skip
def test_no_header_breaks_a_page_or_names_its_links(client: TestClient, header: dict[bytes, bytes]) -> None:
    answer = client.get("/login", headers={b"accept": b"text/html"} | header)
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def structure(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return _Elements(text).found


@pytest.mark.parametrize("hostile", CORPUS)
def test_a_name_is_words_and_nothing_else(at: Visits, signed_up: SignedUp, hostile: str) -> None:
    eve, answers = signed_up("eve"), list[str]()
    for name in ("plain", hostile):
        changed = eve.call("PATCH", "/auth/me", json={"name": name})
        if changed.status_code == 422:
            assert not name.isprintable()
            return
        answers.append(at("/account/security", eve).text)
    assert structure(answers[0]) == structure(answers[1])
    assert hostile in unescape(answers[1])


@pytest.mark.parametrize("hostile", CORPUS)
def test_a_program_is_shown_as_words(at: Visits, client: TestClient, signed_up: SignedUp, hostile: str) -> None:
    ada = signed_up()
    texts, lists = [], []
    for agent in ("plain", hostile):
        header = {b"user-agent": agent.encode()}
        asked = client.post("/oauth2/device_authorization", data={"client_id": "rcloud"}, headers=header).json()
        client.post(f"{API}/auth/login", json={"email": ada.email, "password": "correct horse battery"}, headers=header)
        client.cookies.clear()
        texts.append(at(f"/device?user_code={asked['user_code']}", ada).text)
        lists.append(at("/account/security", ada).text)
    assert structure(texts[0]) == structure(texts[1])
    assert set(structure(lists[0])) == set(structure(lists[1]))
    # A header is bytes; what is not ASCII in them arrives as other letters.
    assert all(agents.described(hostile) in unescape(text) for text in (texts[1], lists[1]) if hostile.isascii())


@pytest.mark.parametrize(
    "page", ["/login?error={}", "/login?challenge={}", "/login?done={}", "/login?methods={}&challenge=x",
             "/verify-email?token={}", "/reset-password?token={}", "/invitation?token={}", "/login?next={}"],
)  # fmt: skip
def test_what_an_address_holds_is_never_markup(at: Visits, page: str) -> None:
    plain = structure(at(page.format("plain")).text)
    for hostile in CORPUS:
        assert structure(at(page.format(quote(hostile))).text) == plain, hostile


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("restate-cli/1.7.12 linux-x86_64", "restate CLI 1.7.12 on Linux"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
         "Chrome 156 on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605 (KHTML, like Gecko) Version/18.1 Safari/605",
         "Safari 18 on macOS"),
        (None, "A program that did not say its name"),
        ("x" * 500, "x" * 60 + "…"),
        ("a\x00b\u202e", "a b "),
    ],
)  # fmt: skip
def test_a_program_is_named_in_words(agent: str | None, words: str) -> None:
    assert agents.described(agent) == words
