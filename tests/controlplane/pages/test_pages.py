"""Pages for strangers: plain, complete, from here only."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from controlplane.pages import assets

HTML = {"accept": "text/html,application/xhtml+xml"}
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """Open tags are closed in order; every address is noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.identifiers: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src"}]
        self.identifiers += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


OPEN = ["/", "/api/docs", "/signup", "/login", "/verify-email?token=x", "/forgot", "/reset-password?token=x"]


@pytest.mark.parametrize("path", [*OPEN, "/invitation?token=x", "/nothing"])
def test_a_page_is_well_formed_and_loads_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert not page.tags & {"iframe", "style"}
    assert not re.search(r"<[^>]*\s(?:style|on\w+)=", answer.text)
    assert not re.search(r"<script(?! type=\"module\" src=\"/assets/[\w./]+\"></script>)", answer.text)
    elsewhere = {address for address in page.addresses if not address.startswith(("/", "#")) or address[:2] == "//"}
    # For passkeys: the same page of this plane under the name that can have them.
    assert elsewhere <= {f"http://localhost:8000{path}"}
    assert '<meta name="viewport"' in answer.text
    for address in set(page.addresses) - elsewhere:
        if address.startswith("#"):
            assert address[1:] in page.identifiers
        else:
            assert client.get(address, headers=HTML).status_code in {200, 503}


@pytest.mark.parametrize("path", [*OPEN, "/nothing"])
def test_a_page_is_never_kept_framed_or_scripted_from_within(client: TestClient, path: str) -> None:
    headers = client.get(path, headers=HTML).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy.get("script-src", "'self'") == policy.get("connect-src", "'self'") == "'self'"
    assert "unsafe" not in headers["content-security-policy"]


def test_the_style_sheet_has_a_dark_half(client: TestClient) -> None:
    answer = client.get(assets.url("style.css"))
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert "prefers-color-scheme: dark" in answer.text
    assert "http" not in answer.text


def test_modules_import_only_neighbours_that_exist() -> None:
    modules = {name: content.decode() for name, content in assets.contents().items() if name.endswith(".js")}
    imported = {found for text in modules.values() for found in re.findall(r'from "([^"]+)"|import "([^"]+)"', text)}
    names = {first or second for first, second in imported}
    assert names
    assert all(name.removeprefix("./") in modules for name in names)


def test_a_file_of_another_version_is_not_kept_for_long(client: TestClient) -> None:
    answer = client.get("/assets/000000000000/style.css")
    assert answer.status_code == 200
    assert "immutable" not in answer.headers["cache-control"]


@pytest.mark.parametrize("name", ["../endpoints.py", "..%2fendpoints.py", "%2e%2e/pages/endpoints.py", "nothing.css"])
def test_nothing_but_the_files_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/assets/{assets.version()}/{name}").status_code == 404


def test_the_landing_page_says_what_to_do_first(client: TestClient) -> None:
    text = client.get("/").text
    assert "curl http://127.0.0.1:8000/api/v1/auth/signup" in text
    assert "/api/docs" in text
    assert set(re.findall(r"\$\w*", text)) == {"$TOKEN", "$RESTATE_AUTH_TOKEN", "$RESTATE_INGRESS_URL"}


def test_the_documentation_is_complete(client: TestClient, app: FastAPI) -> None:
    text = client.get("/api/docs").text
    for path, methods in app.openapi()["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    assert not re.search(r"<p></p>|None|\{'", text)
    assert "owner | admin | developer | viewer" in text


@pytest.mark.parametrize("path", ["/nothing", "/accounts/acc_x", "/login/"])
def test_a_person_at_a_wrong_address_gets_a_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/nothing", "application/json"), ("GET", "/nothing", "*/*"), ("POST", "/nothing", "text/html"),
        ("GET", "/api/v1/nothing", "text/html"), ("GET", "/cloud/nothing", "text/html"),
    ],
)  # fmt: skip
def test_a_program_gets_json(client: TestClient, method: str, path: str, accept: str) -> None:
    answer = client.request(method, path, headers={"accept": accept})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
