"""Whatever bytes come, in whatever pieces: at most the connection ends, with a code, and nothing breaks here."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envrunner.relay import frames
from tests.envrunner.relay.wire import Wire, frame, read

_NUMBERS = st.sampled_from([0, 1, 1, 3, 3, 5, 2, 2**31 - 1])
_FLAGS = st.sampled_from([0, 1, 4, 5, 8, 9, 0x0C, 0x24, 0xFF])
_REQUEST = b"\x83\x86\x84"
_BLOCKS = st.sampled_from([
    _REQUEST, b"\x88", b"\x8d", b"", b"\xbe", b"\x20", b"\x3f\xe1\x1f" + _REQUEST, b"\x88\x0f\x0d\x015",
    _REQUEST + b"\x40\x01a\x01b", b"\x88\x40\x01A\x01b", b"\x40\x01c\x01\n", b"\x00\x01d\x01e", b"\x0f\x2f\x01v",
])  # fmt: skip
_SETTINGS = st.builds(
    frames.SETTING.pack, st.integers(0, 8), st.sampled_from([0, 1, 100, 16_384, 65_535, 2**31 - 1, 2**31])
)
_SIZES = st.sampled_from([0, 1, 1_000, 2**31 - 1]).map(frames.NUMBER.pack)
_FRAMES = st.one_of(
    st.builds(frame, st.just(frames.HEADERS), _BLOCKS, _NUMBERS, _FLAGS),
    st.builds(frame, st.just(frames.CONTINUATION), _BLOCKS, _NUMBERS, _FLAGS),
    st.builds(frame, st.just(frames.DATA), st.binary(max_size=40), _NUMBERS, _FLAGS),
    st.builds(frame, st.just(frames.SETTINGS), _SETTINGS),
    st.builds(frame, st.just(frames.WINDOW_UPDATE), _SIZES, _NUMBERS),
    st.builds(frame, st.just(frames.RST_STREAM), _SIZES, _NUMBERS),
    st.builds(frame, st.just(frames.GOAWAY), st.binary(min_size=8, max_size=8)),
    st.builds(frame, st.integers(0, 255), st.binary(max_size=12), _NUMBERS, _FLAGS),
    st.binary(max_size=30),
)


@pytest.mark.parametrize("client", [False, True])
@settings(deadline=None, max_examples=300)
@given(st.lists(_FRAMES, max_size=12), st.integers(1, 60))
def test_nothing_that_comes_breaks_anything(client: bool, pieces: list[bytes], step: int) -> None:
    async def scenario() -> None:
        wire = Wire(client=client)
        calls = [wire.relay.begin([(b":method", b"GET"), (b":path", b"/")]) for _ in range(2 * client)]
        sent = b"".join(pieces)
        for at in range(0, len(sent), step):
            wire.relay.data_received(sent[at : at + step])
        await wire.settle()
        closed = any(kind == frames.GOAWAY for kind, *_ in read(bytes(wire.transport.written)))
        assert closed == wire.transport.closed, "nobody is hung up on without a word"
        wire.relay.connection_lost(None)
        assert not wire.relay.streams
        assert all(call.whole or call.aborted is not None for call in calls), "every call hears of its end"

    asyncio.run(scenario())
