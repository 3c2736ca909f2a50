"""What an engine logs is read by the members of its account, and by nobody else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support import services
from tests.support.event_stream import Stream
from tests.support.plane import Plane
from tests.support.tenants import Caller, Environment
from tests.support.waiting import until

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def thrower(environment: Callable[..., Environment], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """An environment with a service that fails with the words it is called with."""
    home = environment()
    caller = home.using(home.api_key())
    with services.thrower(tmp_path_factory.mktemp("thrower"), [home.signing_public_key]) as service:
        assert caller.register(service.url).status_code == 201
        yield caller


@contextlib.contextmanager
def failing(caller: Caller, words: str) -> Iterator[str]:
    """An invocation that fails with these words again and again."""
    invocation = caller.send("/thrower/fail/send", words)
    try:
        yield invocation
    finally:
        caller.admin("PATCH", f"/invocations/{invocation}/kill")


def read(environment: Environment, **query: Any) -> list[dict[str, Any]]:
    answer = environment.owner.call("GET", f"{environment.path}/logs", params=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_why_an_invocation_fails_is_in_the_log(thrower: Caller, environment: Callable[..., Environment]) -> None:
    word, other = f"w{uuid4().hex}", environment()
    with failing(thrower, word) as invocation:
        lines = until(lambda: read(thrower.environment, text=word))
    assert {line["source"] for line in lines} == {"engine"}
    assert {line["level"] for line in lines} <= {"WARN", "ERROR", "INFO"}
    assert any(invocation in line["line"] for line in lines)
    assert all(json.loads(line["line"])["timestamp"] for line in lines)
    assert read(other, text=word) == []
    answer = other.owner.call("GET", f"{thrower.environment.path}/logs", params={"text": word})
    assert answer.status_code == 404


def test_what_a_tenant_says_stays_within_its_line(thrower: Caller) -> None:
    word = f"w{uuid4().hex}"
    forged = json.dumps({"timestamp": "2001-01-01T00:00:00.000000Z", "level": "ERROR", "fields": {"message": word}})
    with failing(thrower, f"\x1b[31m{word}\r\n{forged}\n\0 id: 1\n\ndata: {forged}\n\n"):
        lines = until(lambda: read(thrower.environment, text=word))
    assert all("2001" not in line["at"] for line in lines)
    assert not any(set("\x1b\0\r\n") & set(line["line"]) for line in lines)
    assert {json.loads(line["line"])["level"] for line in lines} == {line["level"] for line in lines}


def test_who_follows_sees_what_happens_next(thrower: Caller) -> None:
    home, word = thrower.environment, f"w{uuid4().hex}"
    url = f"{home.owner.api_url}/api/v1{home.path}/logs?follow=true&limit=0"
    headers = {"authorization": f"Bearer {home.owner.token}"}
    with Stream(url, headers) as stream, failing(thrower, word):
        until(lambda: any(word in text for text in stream.texts))
        cursor = stream.lines[0][0]
        with Stream(url, headers | {"last-event-id": str(cursor)}) as again:
            until(lambda: len(again.lines) >= 2)
            until(lambda: len(stream.lines) >= 3)
            both = min(len(stream.lines) - 1, len(again.lines))
            assert again.lines[:both] == stream.lines[1 : both + 1]


def test_neither_the_host_nor_other_tenants_are_in_it(
    thrower: Caller, plane: Plane, environment: Callable[..., Environment]
) -> None:
    other = environment()
    text = "\n".join(line["line"] for line in until(lambda: read(thrower.environment, limit=10_000)))
    assert thrower.environment.environment_id in text
    for secret in (str(plane.home), "/run/controlplane", "PRIVATE KEY", other.label, str(thrower.token)):
        assert secret not in text


def test_all_that_the_engine_wrote_is_there(thrower: Caller, plane: Plane) -> None:
    file = plane.home / "logs" / "engines" / f"{thrower.environment.label}.log"
    (written,) = until(lambda: _settled(file, thrower.environment))
    assert [json.loads(line)["timestamp"] for line in written] == [
        json.loads(line["line"])["timestamp"]
        for line in read(thrower.environment, limit=10_000, source="engine")[: len(written)]
    ]


def _settled(file: Path, environment: Environment) -> list[list[str]] | None:
    """The file's whole lines, once as many are stored."""
    written = file.read_text().rpartition("\n")[0].splitlines()
    return [written] if len(read(environment, limit=10_000, source="engine")) >= len(written) else None


def test_an_api_key_reads_no_logs(thrower: Caller) -> None:
    path = f"{thrower.environment.owner.api_url}/api/v1{thrower.environment.path}/logs"
    with Stream(f"{path}?follow=true", {"authorization": f"Bearer {thrower.token}"}) as refused:
        assert refused.status == 401
