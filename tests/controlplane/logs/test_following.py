"""Following a log over a real connection: nothing missed or doubled, and no longer than one may."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from controlplane.auth import Role
from controlplane.core.database import engine
from controlplane.logs import reading
from controlplane.settings import settings
from tests.controlplane.logs.conftest import Scene
from tests.controlplane.people import API, Person, SignedUp
from tests.support.event_stream import Stream
from tests.support.waiting import until

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """The public API on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off"))
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}{API}"
    app.state.followers.stop()
    server.should_exit = True
    serving.join(30)
    # It belongs to the event loop that has just ended.
    vars(app.state)["_state"].pop("log_threads", None)


Follow = Callable[..., Stream]


@pytest.fixture
def follow(url: str, scene: Scene) -> Iterator[Follow]:
    """`follow(limit=0)`; by the owner with an access token, or with the `headers` given."""
    with contextlib.ExitStack() as stack:

        def begin(headers: dict[str, str] | None = None, after: int | None = None, **query: Any) -> Stream:
            sent = dict(headers if headers is not None else scene.owner.headers)
            if after is not None:
                sent["last-event-id"] = str(after)
            wanted = httpx2.QueryParams({"follow": "true", **query})
            return stack.enter_context(Stream(f"{url}{scene.path}/logs?{wanted}", sent))

        yield begin


def test_lines_written_later_are_seen_after_those_there_were(scene: Scene, follow: Follow) -> None:
    scene.send_numbers([1, 2, 3])
    stream = follow(limit=2)
    until(lambda: len(stream.lines) == 2)
    scene.send_numbers([4])
    until(lambda: len(stream.lines) == 3)
    scene.send_numbers([5, 9])
    until(lambda: len(stream.lines) == 5)
    assert stream.lines == [(number, f"line {number}") for number in (2, 3, 4, 5, 9)]


def test_who_comes_again_goes_on_where_they_were(scene: Scene, follow: Follow) -> None:
    scene.send_numbers(range(1, 1301))
    first = follow(limit=10_000)
    until(lambda: len(first.lines) >= 600)
    first.close()
    seen = first.lines[:600]
    scene.send_numbers(range(1301, 1401))
    second = follow(after=seen[-1][0])
    until(lambda: len(second.lines) >= 800)
    scene.send_numbers([1401])
    until(lambda: len(second.lines) >= 801)
    assert [number for number, _ in seen + second.lines] == list(range(1, 1402))


def test_lines_that_come_while_one_reads_are_neither_missed_nor_doubled(scene: Scene, follow: Follow) -> None:
    stream = follow(limit=10_000)
    for start in range(1, 2001, 20):
        scene.send_numbers(range(start, start + 20))
    until(lambda: len(stream.lines) >= 2000)
    assert [number for number, _ in stream.lines] == list(range(1, 2001))


def test_level_and_text_choose_there_too(scene: Scene, follow: Follow) -> None:
    stream = follow(level="ERROR", text="wanted")
    scene.send(
        scene.line(1, level="ERROR", line="not this"),
        scene.line(2, level="INFO", line="wanted"),
        scene.line(3, level="ERROR", line="this is Wanted"),
    )
    until(lambda: stream.lines)
    assert stream.lines == [(3, "this is Wanted")]


def test_a_stranger_follows_nothing(scene: Scene, follow: Follow, signed_up: SignedUp) -> None:
    eve = signed_up("eve")
    stream = follow(headers=eve.headers)
    assert (stream.status, stream.code()) == (404, "not_found")


def _log_out(scene: Scene, _ada: Person, bob: Person) -> None:
    assert bob.post("/auth/logout").status_code == 204


def _remove_member(scene: Scene, ada: Person, bob: Person) -> None:
    assert ada.delete(f"/accounts/{scene.account_id}/members/{bob.user_id}").status_code == 204


def _purge(scene: Scene, ada: Person, _bob: Person) -> None:
    assert ada.delete(f"{scene.path}?purge=true").status_code == 202
    scene.node.does_what_it_should()


@pytest.mark.parametrize("credential", ["token", "cookie"])
@pytest.mark.parametrize(
    ("lose", "code"), [(_log_out, {"invalid_token", "unauthenticated"}), (_remove_member, {"not_found"})]
)
def test_who_loses_the_right_gets_nothing_more(
    scene: Scene, follow: Follow, signed_up: SignedUp, credential: str, lose: Any, code: set[str]
) -> None:
    bob = signed_up("bob").joins(scene.account_id, Role.VIEWER)
    headers = bob.headers if credential == "token" else {"cookie": f"rc_session={bob.cookie}"}
    stream = follow(headers=headers)
    scene.send_numbers([1])
    until(lambda: stream.lines)
    lose(scene, scene.owner, bob)
    assert stream.closed.wait(20)
    assert stream.end is not None
    assert stream.end["code"] in code
    scene.send_numbers([2])
    assert stream.texts == ["line 1"]


def test_the_end_of_the_environment_is_the_end(scene: Scene, follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = follow()
    until(lambda: stream.status == 200)
    _purge(scene, scene.owner, scene.owner)
    assert stream.closed.wait(20)
    assert stream.end is not None
    assert stream.end["code"] == "not_found"


def test_somebody_may_follow_so_many(scene: Scene, follow: Follow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTROLPLANE_LOG_FOLLOWERS_PER_USER", "2")
    settings.cache_clear()
    streams = [follow(), follow()]
    refused = follow()
    assert (refused.status, refused.code()) == (429, "too_many_followers")
    streams[0].close()
    until(lambda: follow().status == 200)
    monkeypatch.undo()
    settings.cache_clear()


def test_a_process_has_room_for_so_many(
    scene: Scene, follow: Follow, signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTROLPLANE_LOG_FOLLOWERS", "1")
    settings.cache_clear()
    bob = signed_up("bob").joins(scene.account_id, Role.VIEWER)
    assert follow(headers=bob.headers).status == 200
    assert follow().code() == "too_many_followers"
    monkeypatch.undo()
    settings.cache_clear()


def test_one_user_does_not_hold_up_another(scene: Scene, signed_up: SignedUp, app: FastAPI, url: str) -> None:
    """Somebody whose questions take for ever has few threads, however many questions they ask."""
    bob = signed_up("bob").joins(scene.account_id, Role.VIEWER)
    scene.send_numbers([1])
    gate = threading.Event()
    asked = threading.Semaphore(0)
    real = app.state.identify

    def slow(request: Any, session: Session) -> None:
        real(request, session)
        if request.state.principal.user_id == scene.owner.user_id:
            asked.release()
            assert gate.wait(60)

    app.state.identify = slow
    with ThreadPoolExecutor(reading.THREADS + 2) as pool:
        try:
            for _ in range(reading.THREADS + 2):
                pool.submit(httpx2.get, f"{url}{scene.path}/logs", headers=scene.owner.headers, timeout=60)
            for _ in range(reading.THREADS_OF_ONE_USER):
                assert asked.acquire(timeout=30)
            answer = httpx2.get(f"{url}{scene.path}/logs", headers=bob.headers, timeout=30)
            assert answer.text.count("line 1") == 1
            assert not asked.acquire(blocking=False)
        finally:
            gate.set()
            app.state.identify = real


def test_who_waits_holds_no_connection_and_no_transaction(scene: Scene, follow: Follow) -> None:
    streams = [follow() for _ in range(5)]
    assert {stream.status for stream in streams} == {200}
    here = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
    listening, busy = here + "application_name = 'log-followers'", here + "state LIKE 'idle in%'"

    def number(query: str) -> int:
        with engine().connect() as connection:
            found: int = connection.execute(text(query)).scalar_one()
            return found

    until(lambda: number(busy) == 0)
    until(lambda: number(listening) == 1)
    # Rights are looked at again every second, each time for a moment: whoever kept a connection would show in between.
    until(lambda: engine().pool.checkedout() == 0)  # type: ignore[attr-defined]
    scene.send_numbers([1])
    until(lambda: all(stream.texts == ["line 1"] for stream in streams))


def test_a_listener_that_loses_its_connection_misses_nothing(scene: Scene, follow: Follow) -> None:
    stream = follow()
    scene.send_numbers([1])
    until(lambda: stream.lines)
    with engine().connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            )
        )
    scene.send_numbers([2])
    until(lambda: len(stream.lines) == 2)
    scene.send_numbers([3])
    until(lambda: len(stream.lines) == 3)
    assert stream.texts == ["line 1", "line 2", "line 3"]


def test_a_sign_of_life_comes_while_nothing_happens(
    scene: Scene, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "HEARTBEAT_SECONDS", 0.05)
    stream = follow()
    until(lambda: stream.comments >= 3)
    assert stream.lines == []


def test_a_session_that_expires_is_noticed_without_any_change(
    scene: Scene, follow: Follow, monkeypatch: pytest.MonkeyPatch, committed: sessionmaker[Session]
) -> None:
    monkeypatch.setattr(reading, "HEARTBEAT_SECONDS", 0.5)
    stream = follow()
    with committed() as session:
        session.execute(text("UPDATE access_token SET expires_at = now() - interval '1 second'"))
        session.commit()
    assert stream.closed.wait(20)
    assert stream.end is not None
    assert stream.end["code"] == "invalid_token"


@pytest.mark.parametrize("cursor", ["abc", "-1", str(2**63), "1.5"])
def test_a_cursor_that_is_none_is_named(scene: Scene, cursor: str) -> None:
    answer = scene.owner.get(f"{scene.path}/logs?follow=true", headers={"last-event-id": cursor})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["details"]["errors"]] == ["last-event-id"]
