"""What goes along with a page of the engine's own UI, and what of it a browser runs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import pytest

from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.edge.ui import ANN, visit
from tests.envrunner.waiting import until

PAGE, PLAIN = 8, 9
"""Environments of these tests: what the edge remembers of a page is remembered for a while."""


@pytest.fixture(scope="module")
def edge(world: World) -> Iterator[Stack]:
    stack = world.stack
    for number in (PAGE, PLAIN):
        stack.add_environment(number)
    stack.add_member(ANN, "owner")
    yield stack
    for number in (PAGE, PLAIN):
        stack.engines[label(number)].canned.clear()


@pytest.fixture
def cookie(edge: Stack) -> str:
    found = edge.add_ui_session(PAGE, ANN)
    edge.wait_applied()
    return found


def test_only_scripts_of_the_engines_own_page_run(cookie: str, edge: Stack) -> None:
    scripts = ["one();\n", "« two »"]
    page = (
        f"<html><script>{scripts[0]}</script><script async src='/ui/assets/x.js'></script><SCRIPT>upper()</SCRIPT>"
        f"<script type='module' async>{scripts[1]}</script></html>"
    ).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    edge.engines[label(PAGE)].canned["/ui/"] = head % len(page) + page
    until(lambda: "'sha256-" in visit(edge, cookie, "/ui/", number=PAGE).headers["content-security-policy"])
    for path in ("/ui/", "/ui/state/My%2FKey?x=1", "/ui"):
        directives = visit(edge, cookie, path, number=PAGE).headers["content-security-policy"].split("; ")
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
        assert f"script-src 'self' 'sha256-{digests[0]}' 'sha256-{digests[1]}'" in directives
        assert "default-src 'none'" in directives
        assert "frame-ancestors 'none'" in directives
    api = visit(edge, cookie, "/deployments", number=PAGE).headers["content-security-policy"]
    assert "script-src 'self';" in api


def test_what_a_caller_sends_is_no_part_of_the_page_that_is_asked_for(cookie: str, edge: Stack) -> None:
    """Else one could have one's own script's digest put into the policy of others."""
    engine = edge.engines[label(PLAIN)]
    engine.canned["/ui/evil"] = b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n<script>evil()</script>   "
    other = edge.add_ui_session(PLAIN, ANN)
    edge.wait_applied()
    policy = visit(edge, other, "/ui/evil?<script>evil()</script>", number=PLAIN).headers["content-security-policy"]
    assert "sha256" not in policy


def test_nobody_frames_it_and_no_engine_sets_cookies(cookie: str, edge: Stack) -> None:
    answer = visit(edge, cookie, "/ui/", number=PAGE)
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    edge.engines[label(PAGE)].canned["/ui/tossing"] = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: " + cookie.encode() + b"\r\nSet-Cookie: a=b\r\nClear-Site-Data: *\r\n"
        b"Content-Length: 2\r\n\r\nok"
    )
    tossed = visit(edge, cookie, "/ui/tossing", number=PAGE)
    assert tossed.status == 200
    assert {"set-cookie", "clear-site-data"}.isdisjoint(tossed.headers)
