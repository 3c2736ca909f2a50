"""Where a link to us may send a person after signing in: to a page of ours, in no spelling to anywhere else."""

from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.pages.next_path import safe_next, with_next

ORIGIN = "https://cloud.example"
EVIL = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "https://evil.example",
    "https:evil.example", "http:/evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x",
    "/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example", "%2F%2Fevil.example", "/%252Fevil.example",
    "/%25252525252Fevil.example", "/\t/evil.example", "/\n/evil.example", "/%09/evil.example", "/%0d%0aset-cookie:x",
    " //evil.example", "/ /evil.example", "/.//evil.example", "/..//evil.example", "/../x", "/a/%2e%2e/x", "/x//y",
    "evil.example", "?next=/", "#x", ".", "", "/http://evil.example", "/\u2215evil.example", "/\u0000", "/@evil\\x",
]  # fmt: skip
NOT_A_PAGE = [
    "/api/v1/auth/sso/google", "/API/v1/auth/logout", "/login", "/login?next=/", "/signup", "/%6cogin", "/%61pi/x",
]  # fmt: skip
PAGES = [
    "/", "/console/accounts/acc_1/members", "/account/security", "/device?user_code=ABCD-EFGH", "/console/mail?a=1&b=2",
    "/oauth2/authorize?client_id=x&redirect_uri=http%3A%2F%2Flocalhost%3A33912%2Fcallback&state=0",
    "/login?response_type=code&client_id=x", "/invitation?token=inv_1.secret", "/console/#people",
]  # fmt: skip


@pytest.mark.parametrize("text", [*EVIL, *NOT_A_PAGE])
def test_no_link_leads_elsewhere(text: str) -> None:
    assert safe_next(text) == "/"
    assert safe_next(text, "/console/") == "/console/"


@pytest.mark.parametrize("text", PAGES)
def test_a_page_of_ours_is_where_one_goes(text: str) -> None:
    assert safe_next(text) == text


def test_a_long_authorization_request_is_carried_along_and_a_flood_is_not() -> None:
    assert safe_next("/oauth2/authorize?state=" + "x" * 4000) != "/"
    assert safe_next("/oauth2/authorize?state=" + "x" * 9000) == "/"


@given(st.text(alphabet="/\\.%2fF5cC:?#@ abh\t\n\0;&=", max_size=30))
def test_whatever_passes_stays_at_the_origin(text: str) -> None:
    passed = safe_next(text)
    for heard in (passed, passed.replace("\\", "/")):
        url = urlsplit(urljoin(ORIGIN + "/login", heard))
        assert f"{url.scheme}://{url.netloc}" == ORIGIN


@pytest.mark.parametrize("goal", PAGES[1:])
def test_it_survives_being_carried_along(goal: str) -> None:
    assert with_next("/login", goal) == f"/login?next={quote(goal, safe='/')}"
    assert with_next("/login?a=b", goal).startswith("/login?a=b&next=")
    assert with_next("/login", "/") == "/login"
