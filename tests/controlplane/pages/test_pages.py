"""Pages for people: plain, complete, from here only."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

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


@pytest.mark.parametrize("path", ["/", "/api/docs"])
def test_a_page_is_well_formed_and_loads_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    assert not page.tags & {"script", "iframe", "style"}
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in page.addresses)
    assert '<meta name="viewport"' in answer.text
    for address in set(page.addresses):
        if address.startswith("#"):
            assert address[1:] in page.identifiers
        else:
            assert client.get(address).status_code in {200, 503}
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy


def test_the_style_sheet_has_a_dark_half(client: TestClient) -> None:
    answer = client.get("/assets/style.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in answer.text
    assert "http" not in answer.text


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
def test_a_person_at_a_wrong_address_gets_the_page(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert answer.text == client.get("/").text


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
