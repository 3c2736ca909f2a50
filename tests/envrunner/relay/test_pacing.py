"""Calls that wait because many others have had no answer yet: until one has, or for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from envrunner.relay import frames
from envrunner.relay.carrier import MOST_PACED, MOST_WAITING, Answers, CallStream, Carrier
from envrunner.relay.compression import Encoder
from envrunner.relay.fields import Headers
from envrunner.relay.sending import protocol
from tests.envrunner.relay.wire import Transport, frame

_HEAD: Headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]
_MOST = 3


class _Nobody(Answers):
    """Does not mind."""

    def request_taken(self, size: int) -> None: ...

    def response_head(self, headers: Headers, *, end: bool) -> None: ...

    def response_data(self, data: bytes) -> None: ...

    def response_end(self, trailers: Headers | None) -> None: ...

    def response_aborted(self, failed: Carrier, code: int, reason: str) -> None: ...


class _Way(Carrier):
    """``now`` is what its loop's clock shows."""

    def __init__(self) -> None:
        super().__init__(30.0, _MOST)
        self.now, self.answer = 1000.0, Encoder()
        self._loop.time = lambda: self.now  # type: ignore[method-assign]
        self.ready = True
        protocol(self).connection_made(Transport())
        self.data_received(frame(frames.SETTINGS))

    def opened(self) -> None:
        """Calls can begin."""

    def lost(self) -> None:
        """Nobody minds."""

    def calls(self, count: int) -> list[CallStream]:
        return [self.open(_Nobody(), _HEAD, end=True) for _ in range(count)]

    def come(self, call: CallStream, kind: int, payload: bytes, flags: int = 0) -> None:
        self.data_received(frame(kind, payload, call.number, flags))


def _begun(calls: list[CallStream]) -> int:
    return sum(not call.waiting for call in calls)


def _answer(way: _Way, call: CallStream) -> None:
    way.come(call, frames.HEADERS, way.answer.encode([(b":status", b"200")]), frames.END_HEADERS)


def _break_off(way: _Way, call: CallStream) -> None:
    way.come(call, frames.RST_STREAM, frames.NUMBER.pack(frames.ErrorCodes.CANCEL))


def _lose_interest(way: _Way, call: CallStream) -> None:
    call.abort()


@pytest.mark.parametrize("happen", [_answer, _break_off, _lose_interest])
def test_the_next_begins_once_another_has_its_answer_or_needs_none(happen: Callable[[_Way, CallStream], None]) -> None:
    async def scenario() -> None:
        way = _Way()
        calls = way.calls(10)
        assert _begun(calls) == _MOST
        for begun in range(4):
            happen(way, calls[begun])
            assert _begun(calls) == _MOST + begun + 1
        way.connection_lost(None)

    asyncio.run(scenario())


def test_those_that_last_hold_up_others_for_a_moment_only() -> None:
    async def scenario() -> None:
        way = _Way()
        calls = way.calls(10)
        for begun in (6, 9, 10):
            way.now += 0.101
            # The loop's clock jumped: its timers are due.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert _begun(calls) == begun
        way.connection_lost(None)

    asyncio.run(scenario())


def test_nobody_is_refused_for_it() -> None:
    async def scenario() -> None:
        way = _Way()
        calls = way.calls(3 * MOST_WAITING)
        assert way.has_room
        assert _begun(calls) == len(calls) - MOST_PACED
        way.connection_lost(None)

    asyncio.run(scenario())
