"""Frames in numbers that only harm: the connection ends, and work in earnest goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from envrunner.relay import floods, frames
from envrunner.relay.frames import ErrorCodes as Code
from tests.envrunner.relay.framing import PSEUDO, data, ended_with, head, setting, window
from tests.envrunner.relay.wire import Wire, code_of, frame

_FLOODS: dict[str, Callable[[int], bytes]] = {
    "pings (CVE-2019-9512)": lambda _: frame(frames.PING, b"12345678"),
    "settings (CVE-2019-9515)": lambda _: setting(4, 65_535),
    "priorities": lambda _: frame(frames.PRIORITY, b"\0\0\0\0\1", 1),
    "unknown frames": lambda _: frame(0xFA, b"x"),
    "empty data (CVE-2019-9518)": lambda _: data(0, 1),
    "calls taken back at once (CVE-2023-44487)": lambda i: head(2 * i + 3) + frames.reset(2 * i + 3, Code.CANCEL),
    "calls that we must reset (CVE-2025-8671)": lambda i: (
        head(2 * i + 3, fields=[*PSEUDO, ("content-length", "1")]) + data(2, 2 * i + 3)
    ),
    "calls that are none": lambda i: head(2 * i + 3, fields=PSEUDO[:3]),
    "late resets (CVE-2019-9514)": lambda _: frames.reset(1, Code.CANCEL),
    "windows for nothing": lambda _: window(1, 1),
    "goodbyes": lambda _: frame(frames.GOAWAY, bytes(8)),
    "empty trailers of what is over": lambda _: head(1, fields=[("x-a", "b")], end=True),
}


@pytest.fixture(autouse=True)
def _clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience grows back with time, and a busy machine takes its time."""
    monkeypatch.setattr(floods, "time", SimpleNamespace(monotonic=lambda: 1000.0))


@pytest.mark.parametrize("name", _FLOODS)
def test_a_flood_is_cut_off(name: str) -> None:
    async def scenario() -> None:
        wire = Wire()
        begun = head(1, end="over" in name or "late" in name)
        answers = await wire.give(begun)
        for turn in range(40):
            answers = await wire.give(b"".join(_FLOODS[name](turn * 500 + one) for one in range(500)))
            if wire.transport.closed:
                break
        assert code_of(answers, frames.GOAWAY) == Code.ENHANCE_YOUR_CALM
        assert not await wire.give(frame(frames.PING, b"12345678")), "nothing is answered any more"

    asyncio.run(scenario())


def test_a_window_that_opens_byte_by_byte_is_a_flood() -> None:
    """CVE-2019-9511: each byte of it costs us a frame."""

    async def scenario() -> None:
        wire = Wire()
        await wire.give(setting(4, 0) + head() + data(16_000))
        answers: list[tuple[int, int, int, bytes]] = []
        for _ in range(12_000):
            if wire.transport.closed:
                break
            answers = await wire.give(window(1, 1))
        assert code_of(answers, frames.GOAWAY) == Code.ENHANCE_YOUR_CALM

    asyncio.run(scenario())


def test_continuations_have_an_end() -> None:
    """CVE-2024-27316: neither large blocks nor empty frames go on."""
    for piece in (b"", b"x" * 16_000):
        sent = head(flags=0) + frame(frames.CONTINUATION, piece, 1) * 50
        assert ended_with(sent) == (Code.ENHANCE_YOUR_CALM, True)


def test_who_does_not_read_answers_is_cut_off() -> None:
    async def scenario() -> bool:
        wire = Wire()
        wire.transport.unread = 5 * 1024 * 1024
        await wire.give(frame(frames.PING, b"12345678"))
        return wire.transport.aborted

    assert asyncio.run(scenario())


def test_work_in_earnest_is_no_flood() -> None:
    """Calls that are answered and then reset, windows that are used, and a ping with each."""

    async def scenario() -> None:
        wire = Wire()
        await wire.give(window(2**30))
        for number in range(1, 20_001, 2):
            await wire.give(head(number) + data(1000, number) + window(1000, number))
            await wire.give(data(0, number, end=True) + frame(frames.PING, b"12345678"))
            await wire.give(frames.reset(number, Code.NO_ERROR))
            assert not wire.transport.closed, number

    asyncio.run(scenario())


def test_what_was_on_its_way_when_we_gave_up_is_no_flood() -> None:
    """An engine that is killed takes thousands of calls along; the client's answers to them are under way."""

    async def scenario() -> None:
        wire = Wire(client=True)
        for _ in range(4):
            calls = [wire.relay.begin([(b":method", b"GET"), (b":path", b"/")]) for _ in range(4000)]
            await wire.settle()
            for call in calls:
                call.abort()
            late = [head(call.number, fields=[(":status", "200")]) + data(0, call.number, end=True) for call in calls]
            await wire.give(b"".join(late))
            assert not wire.transport.closed

    asyncio.run(scenario())
