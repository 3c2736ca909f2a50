"""Frames that break a rule of RFC 9113: the stream or the connection ends, and says why."""

from __future__ import annotations

import asyncio

import pytest

from envrunner.relay import frames
from envrunner.relay.frames import ErrorCodes as Code
from tests.envrunner.relay.framing import ALL, PSEUDO, data, ended_with, head, setting, window
from tests.envrunner.relay.wire import Wire, code_of, frame, read

_CONNECTION = {
    "larger than allowed": (data(frames.MOST_BYTES + 1), Code.FRAME_SIZE_ERROR),
    "data of no stream": (data(1, 0), Code.PROTOCOL_ERROR),
    "data of the stream with all bits": (frame(frames.DATA, b"", 2**31), Code.PROTOCOL_ERROR),
    "data of a stream to come": (data(1, 7), Code.PROTOCOL_ERROR),
    "headers of no stream": (head(0), Code.PROTOCOL_ERROR),
    "a server's number": (head(2), Code.PROTOCOL_ERROR),
    "settings of a stream": (frame(frames.SETTINGS, b"", 1), Code.PROTOCOL_ERROR),
    "settings of odd size": (frame(frames.SETTINGS, b"12345"), Code.FRAME_SIZE_ERROR),
    "acknowledged settings": (frame(frames.SETTINGS, b"123456", flags=frames.ACK), Code.FRAME_SIZE_ERROR),
    "a window beyond bounds": (setting(4, 2**31), Code.FLOW_CONTROL_ERROR),
    "a frame size below bounds": (setting(5, 16_383), Code.PROTOCOL_ERROR),
    "a frame size beyond bounds": (setting(5, 2**24), Code.PROTOCOL_ERROR),
    "a push that is neither": (setting(2, 2), Code.PROTOCOL_ERROR),
    "a short ping": (frame(frames.PING, b"1234567"), Code.FRAME_SIZE_ERROR),
    "a ping of a stream": (frame(frames.PING, b"12345678", 1), Code.PROTOCOL_ERROR),
    "a reset of a stream to come": (frames.reset(9, 0), Code.PROTOCOL_ERROR),
    "a reset of nothing": (frame(frames.RST_STREAM, b"1234", 0), Code.PROTOCOL_ERROR),
    "a long reset": (head() + frame(frames.RST_STREAM, b"12345", 1), Code.FRAME_SIZE_ERROR),
    "no window": (window(0), Code.PROTOCOL_ERROR),
    "too much window": (window(2**31 - 1), Code.FLOW_CONTROL_ERROR),
    "window of a stream to come": (window(1, 5), Code.PROTOCOL_ERROR),
    "a short window": (frame(frames.WINDOW_UPDATE, b"123"), Code.FRAME_SIZE_ERROR),
    "a push": (frame(frames.PUSH_PROMISE, b"\0\0\0\2", 1, ALL), Code.PROTOCOL_ERROR),
    "a goaway of a stream": (frame(frames.GOAWAY, b"12345678", 1), Code.PROTOCOL_ERROR),
    "a short goaway": (frame(frames.GOAWAY, b"1234"), Code.FRAME_SIZE_ERROR),
    "continuation of nothing": (frame(frames.CONTINUATION, b"", 1), Code.PROTOCOL_ERROR),
    "something amid headers": (head(flags=0) + frame(frames.PING, b"12345678"), Code.PROTOCOL_ERROR),
    "data amid headers": (head() + head(3, flags=0) + data(1), Code.PROTOCOL_ERROR),
    "another's continuation": (head(flags=0) + frame(frames.CONTINUATION, b"", 3, ALL), Code.PROTOCOL_ERROR),
    "only padding": (head() + frame(frames.DATA, b"\x05abcd", 1, frames.PADDED), Code.PROTOCOL_ERROR),
    "padding that is missing": (head() + frame(frames.DATA, b"", 1, frames.PADDED), Code.PROTOCOL_ERROR),
    "half a priority": (frame(frames.HEADERS, b"123", 1, ALL | frames.PRIORITIZED), Code.FRAME_SIZE_ERROR),
    "half a priority frame": (frame(frames.PRIORITY, b"1234", 1), Code.FRAME_SIZE_ERROR),
    "no header block": (frame(frames.HEADERS, b"\xff\xff\xff", 1, ALL), Code.COMPRESSION_ERROR),
}  # fmt: skip


@pytest.mark.parametrize("name", _CONNECTION)
def test_a_broken_rule_ends_the_connection(name: str) -> None:
    sent, code = _CONNECTION[name]
    assert ended_with(sent) == (code, True)


_HEADS = {
    "no path": PSEUDO[:3],
    "an empty path": [*PSEUDO[:3], (":path", "")],
    "no method": PSEUDO[1:],
    "a path twice": [*PSEUDO, (":path", "/y")],
    "an answer's field": [*PSEUDO, (":status", "200")],
    "an unknown one": [*PSEUDO, (":protocol", "websocket")],
    "a late one": [*PSEUDO[:3], ("x-a", "b"), PSEUDO[3]],
    "connection": [*PSEUDO, ("connection", "close")],
    "transfer-encoding": [*PSEUDO, ("transfer-encoding", "chunked")],
    "te": [*PSEUDO, ("te", "gzip")],
    "capitals": [*PSEUDO, ("X-A", "b")],
    "a line in a value": [*PSEUDO, ("x-a", "b\r\nx-restate-jwt-v1: c")],
    "two lengths": [*PSEUDO, ("content-length", "1"), ("content-length", "2")],
    "no length": [*PSEUDO, ("content-length", "-1")],
    "a blank before a value": [*PSEUDO, ("x-a", " b")],
    "a connection to somewhere": [(":method", "CONNECT"), *PSEUDO[1:]],
    "a line of HTTP/1.1 as method": [(":method", "GET /y HTTP/1.1"), *PSEUDO[1:]],
    "a line of HTTP/1.1 as path": [*PSEUDO[:3], (":path", "/x HTTP/1.1")],
    "a path with a tab": [*PSEUDO[:3], (":path", "/x\ty")],
}


async def _malformed(wire: Wire, sent: bytes, number: int) -> None:
    """That stream is reset (§8.1.1), and another is heard."""
    answers = await wire.give(sent)
    assert (code_of(answers, frames.RST_STREAM), code_of(answers, frames.GOAWAY)) == (Code.PROTOCOL_ERROR, None)
    assert number not in wire.relay.streams
    await wire.give(head(number + 2) + data(5, number + 2, end=True))
    assert wire.relay.seen is not None
    assert bytes(wire.relay.seen[number + 2].came) == b"d" * 5


@pytest.mark.parametrize("name", _HEADS)
def test_a_malformed_head_ends_its_stream(name: str) -> None:
    async def scenario() -> None:
        wire = Wire()
        await _malformed(wire, head(fields=_HEADS[name]), 1)
        assert wire.relay.seen is not None
        assert 1 not in wire.relay.seen

    asyncio.run(scenario())


_TRAILERS = {"no end": head(fields=[("x-a", "b")]), "pseudo-headers": head(end=True)}


@pytest.mark.parametrize("name", _TRAILERS)
def test_malformed_trailers_end_their_stream(name: str) -> None:
    async def scenario() -> None:
        wire = Wire()
        await _malformed(wire, head() + _TRAILERS[name], 1)
        assert wire.relay.seen is not None
        assert wire.relay.seen[1].aborted == Code.PROTOCOL_ERROR

    asyncio.run(scenario())


_ANSWERS = {
    "no status": [("x-a", "b")],
    "words": [(":status", "two")],
    "another protocol": [(":status", "101")],
    "no number": [(":status", "099")],
    "a request's": [(":status", "200"), (":path", "/")],
    "a blank after a value": [(":status", "200"), ("x-a", "b ")],
    "none yet, and the end": [(":status", "103")],
}


@pytest.mark.parametrize("name", _ANSWERS)
def test_a_malformed_answer_ends_its_call_and_no_other(name: str) -> None:
    """The client in a customer's network ends when its connection hears an error; all its calls would break off."""

    async def scenario() -> None:
        wire = Wire(client=True)
        calls = [wire.relay.begin([(b":method", b"GET"), (b":path", b"/")]) for _ in range(2)]
        answers = await wire.give(head(fields=_ANSWERS[name], end=True))
        assert (code_of(answers, frames.RST_STREAM), code_of(answers, frames.GOAWAY)) == (Code.PROTOCOL_ERROR, None)
        await wire.give(head(3, fields=[(":status", "204")], end=True))
        assert [(one.aborted, one.whole) for one in calls] == [(Code.PROTOCOL_ERROR, False), (None, True)]

    asyncio.run(scenario())


def test_a_body_before_its_head_and_a_stream_of_the_servers_end_the_connection() -> None:
    assert ended_with(data(1), client=True) == (Code.PROTOCOL_ERROR, True)
    assert ended_with(head(3, fields=[(":status", "200")]), client=True) == (Code.PROTOCOL_ERROR, True)


def test_the_first_frame_is_settings() -> None:
    async def scenario() -> int | None:
        wire = Wire(greeted=False)
        return code_of(await wire.give(frames.PREFACE + head()), frames.GOAWAY)

    assert asyncio.run(scenario()) == Code.PROTOCOL_ERROR


def test_bytes_may_come_one_by_one() -> None:
    async def scenario() -> bytes:
        wire = Wire(greeted=False)
        for byte in frames.PREFACE + frame(frames.SETTINGS) + head() + data(300, end=True):
            wire.relay.data_received(bytes((byte,)))
        await wire.settle()
        assert wire.relay.seen is not None
        return bytes(wire.relay.seen[1].came)

    assert asyncio.run(scenario()) == b"d" * 300


_STREAM = {
    "longer than announced": (head(fields=[*PSEUDO, ("content-length", "3")]) + data(4), Code.PROTOCOL_ERROR),
    "shorter": (head(fields=[*PSEUDO, ("content-length", "3")]) + data(2, end=True), Code.PROTOCOL_ERROR),
    "empty": (head(fields=[*PSEUDO, ("content-length", "3")], end=True), Code.PROTOCOL_ERROR),
    "more after the end": (head(end=True) + data(4), Code.STREAM_CLOSED),
}


@pytest.mark.parametrize("name", _STREAM)
def test_what_is_wrong_with_one_stream_ends_only_that(name: str) -> None:
    sent, code = _STREAM[name]

    async def scenario() -> tuple[int | None, bytes]:
        wire = Wire()
        # Windows closed: the answer waits, the stream lives on.
        await wire.give(setting(4, 0))
        answers = await wire.give(sent)
        assert not wire.transport.closed
        await wire.give(setting(4, 65_535) + head(3) + data(5, 3, end=True))
        assert wire.relay.seen is not None
        return code_of(answers, frames.RST_STREAM), bytes(wire.relay.seen[3].came)

    if name == "more after the end":
        # The answer, too, has ended: the stream is no more, and late frames are nobody's.
        assert ended_with(sent) == (None, False)
    else:
        assert asyncio.run(scenario()) == (code, b"d" * 5)


def test_more_than_a_streams_window_ends_the_stream_and_nothing_is_kept() -> None:
    async def scenario() -> None:
        wire = Wire()
        await wire.give(setting(4, 0) + head())
        answers = []
        for _ in range(17):
            answers += await wire.give(data(frames.MOST_BYTES))
        assert code_of(answers, frames.RST_STREAM) == Code.FLOW_CONTROL_ERROR
        assert not wire.relay.streams

    asyncio.run(scenario())


def test_a_window_may_shrink_below_zero_and_grow_again() -> None:
    """RFC 9113 §6.9.2; an end needs no window (§6.9.1)."""

    def sent(answers: list[tuple[int, int, int, bytes]]) -> list[int]:
        return [len(payload) for kind, _, _, payload in answers if kind == frames.DATA]

    async def scenario() -> None:
        wire = Wire()
        await wire.give(setting(4, 1_000) + head() + head(3))
        assert sent(await wire.give(data(1_500))) == [1_000]
        assert sent(await wire.give(setting(4, 200))) == []
        assert sent(await wire.give(window(800, 1))) == [], "that only makes it zero"
        assert sent(await wire.give(data(0, 3, end=True))) == [0]
        assert sent(await wire.give(window(100, 1))) == [100]
        assert sent(await wire.give(setting(4, 2_000) + data(0, end=True))) == [400]

    asyncio.run(scenario())


def test_streams_beyond_the_limit_are_refused_as_not_looked_at() -> None:
    async def scenario() -> None:
        wire = Wire()
        answers = await wire.give(b"".join(head(number) for number in range(1, 2 * 4096 + 3, 2)))
        assert [one[2:] for one in answers if one[0] == frames.RST_STREAM] == [
            (2 * 4096 + 1, frames.NUMBER.pack(Code.REFUSED_STREAM))
        ]

    asyncio.run(scenario())


def test_large_heads_leave_in_several_frames() -> None:
    async def scenario() -> None:
        wire = Wire(client=True)
        stream = wire.relay.begin([(b":method", b"GET"), (b":path", b"/"), (b"x-large", b"x" * 40_000)])
        await wire.settle()
        sent = [one for one in read(bytes(wire.transport.written)) if one[2] == stream.number]
        assert [one[0] for one in sent] == [frames.HEADERS, frames.CONTINUATION, frames.CONTINUATION]
        assert [bool(one[1] & frames.END_HEADERS) for one in sent] == [False, False, True]

    asyncio.run(scenario())


def test_calls_that_a_goaway_leaves_out_were_not_looked_at() -> None:
    async def scenario() -> None:
        wire = Wire(client=True)
        calls = [wire.relay.begin([(b":method", b"GET"), (b":path", b"/")]) for _ in range(3)]
        await wire.give(frame(frames.GOAWAY, frames.NUMBER.pack(3) + frames.NUMBER.pack(0)))
        assert [one.aborted for one in calls] == [None, None, Code.REFUSED_STREAM]
        assert wire.relay.goodbye == Code.NO_ERROR

    asyncio.run(scenario())
