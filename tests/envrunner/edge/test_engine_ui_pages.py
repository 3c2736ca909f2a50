"""What goes along with a page of the engine's own UI, and what of it a browser runs."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.envrunner.edge.asking import Answer
from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.echo_engine import EchoEngine
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.edge.test_slots import door
from tests.envrunner.edge.ui import ANN, visit
from tests.envrunner.waiting import until

PAGE, PLAIN, RENEWED = 8, 9, 10
"""Environments of these tests."""


@pytest.fixture(scope="module")
def edge(world: World) -> Iterator[Stack]:
    stack = world.stack
    for number in (PAGE, PLAIN, RENEWED):
        stack.add_environment(number)
    stack.add_member(ANN, "owner")
    yield stack
    for number in (PAGE, PLAIN, RENEWED):
        stack.engines[label(number)].canned.clear()


@pytest.fixture
def cookie(edge: Stack) -> str:
    found = edge.add_ui_session(PAGE, ANN)
    edge.wait_applied()
    return found


def page(*scripts: str) -> bytes:
    """An answer with them in it, and with another from a file."""
    inline = "".join(f"<script type='module'>{one}</script>" for one in scripts)
    text = f"<html><script async src='/ui/assets/x.js'></script>{inline}</html>".encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    return head % len(text) + text


def digest(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def scripts_of(answer: Answer) -> str:
    directives = dict(one.split(" ", 1) for one in answer.headers["content-security-policy"].split("; "))
    return directives["script-src"]


def test_only_scripts_of_the_engines_own_page_run(cookie: str, edge: Stack) -> None:
    scripts = ["one();\n", "« two »"]
    page = (
        f"<html><script>{scripts[0]}</script><script async src='/ui/assets/x.js'></script><SCRIPT>upper()</SCRIPT>"
        f"<script type='module' async>{scripts[1]}</script></html>"
    ).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    edge.engines[label(PAGE)].canned["/ui/"] = head % len(page) + page
    for path in ("/ui/", "/ui/state/My%2FKey?x=1", "/ui"):
        directives = visit(edge, cookie, path, number=PAGE).headers["content-security-policy"].split("; ")
        digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts]
        assert f"script-src 'self' 'sha256-{digests[0]}' 'sha256-{digests[1]}'" in directives
        assert "default-src 'none'" in directives
        assert "frame-ancestors 'none'" in directives
    api = visit(edge, cookie, "/deployments", number=PAGE).headers["content-security-policy"]
    assert "script-src 'self';" in api


def test_the_policy_is_that_of_the_page_of_now(cookie: str, edge: Stack) -> None:
    """Another version's engine, after one that ended, and after a gentle restart, has other scripts."""
    canned = edge.engines[label(PAGE)].canned
    for script in ("first()", "second()", "third()"):
        canned["/ui/"] = page(script)
        assert scripts_of(visit(edge, cookie, "/ui/", number=PAGE, dest="document")) == f"'self' {digest(script)}"
    until(lambda: door(edge, f"/engines/{label(PAGE)}/fresh") == 204)
    canned["/ui/"] = page("fourth()")
    assert scripts_of(visit(edge, cookie, "/ui/", number=PAGE, dest="document")) == f"'self' {digest('fourth()')}"


def test_a_restart_while_the_page_is_asked_for(cookie: str, edge: Stack) -> None:
    """The engine before answers what the policy is made of, and the next one would have answered the person."""
    engine, began, over = edge.engines[label(PAGE)], threading.Event(), threading.Event()

    class Slow(dict[str, bytes]):
        def get(self, path: str, default: Any = None) -> Any:
            if path != "/ui/" or began.is_set():
                return {"/ui/": page("new()")}.get(path, default)
            began.set()
            assert over.wait(30)
            return page("old()")

    engine.canned = Slow()
    with ThreadPoolExecutor() as pool:
        visiting = pool.submit(visit, edge, cookie, "/ui/", number=PAGE)
        assert began.wait(30)
        until(lambda: door(edge, f"/engines/{label(PAGE)}/fresh") == 204)
        over.set()
        answer = visiting.result(30)
    engine.canned = {}
    assert b"new()" in answer.body
    assert scripts_of(answer) == f"'self' {digest('new()')}"


def test_kept_connections_do_not_lead_to_the_engine_before(edge: Stack) -> None:
    """People's requests connect anew: once there are new sockets, they wait for the next engine."""
    cookie, before = edge.add_ui_session(RENEWED, ANN), edge.engines[label(RENEWED)]
    edge.wait_applied()
    for _ in range(4):
        assert visit(edge, cookie, "/ui/", number=RENEWED).status == 200
    following = EchoEngine(before.directory.parent, before.label).start()
    following.canned["/ui/"] = page("next()")
    for _ in range(4):
        answer = visit(edge, cookie, "/ui/", number=RENEWED)
        assert (b"next()" in answer.body, scripts_of(answer)) == (True, f"'self' {digest('next()')}")
    following.stop()


def test_for_files_the_page_is_not_asked_for(cookie: str, edge: Stack) -> None:
    engine = edge.engines[label(PAGE)]
    engine.canned["/ui/"] = page("one()")
    asked = len(engine.asked)
    answer = visit(edge, cookie, "/ui/assets/x.js", number=PAGE, dest="script")
    assert (answer.status, scripts_of(answer)) == (200, "'self'")
    assert len(engine.asked) == asked


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
