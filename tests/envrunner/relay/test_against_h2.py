"""The frame layer and hyper-h2 talk to each other: whatever one may do, the other understands, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from envrunner.relay.fields import Headers
from tests.envrunner.relay.wire import Echo, Wire

_HEAD: Headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"a"), (b":path", b"/")]
_WINDOWS = st.sampled_from([0, 1_000, 16_384, 65_535, 1_000_000])
_FRAMES = st.sampled_from([16_384, 20_000, 200_000])
_SIZES = st.sampled_from([0, 1, 10, 5_000, 16_384, 60_000])
_TRAILERS: list[Headers | None] = [None, [(b"x-last", b"word")]]


class Theirs:
    """hyper-h2 on the other side of a `Wire`; what it takes it acknowledges only when it is told to."""

    def __init__(self, *, client: bool) -> None:
        self.wire = Wire(client=not client, greeted=False)
        self.h2 = H2Connection(H2Configuration(client_side=client, header_encoding=None))
        self.came: dict[int, bytearray] = {}
        self.heads: dict[int, Headers] = {}
        self.trailers: dict[int, Headers | None] = {}
        self.ended: set[int] = set()
        self.reset: set[int] = set()
        self.owed: dict[int, int] = {}

    async def begin(self) -> None:
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(2**30)
        await self.exchange()

    async def exchange(self) -> None:
        """Until neither side has anything to say. Raises what h2 finds wrong."""
        for _ in range(100_000):
            await self.wire.settle()
            said, answers = bytes(self.wire.transport.written), self.h2.data_to_send()
            self.wire.transport.written.clear()
            if not said and not answers:
                return
            for event in self.h2.receive_data(said):
                self._take(event)
            if answers:
                self.wire.relay.data_received(answers)
            assert not self.wire.transport.closed
        raise AssertionError("they never stop")

    def _take(self, event: events.Event) -> None:
        number = getattr(event, "stream_id", 0) or 0
        if isinstance(event, events.ResponseReceived | events.RequestReceived):
            self.heads[number] = [(bytes(name), bytes(value)) for name, value in event.headers]
        elif isinstance(event, events.DataReceived):
            self.came.setdefault(number, bytearray()).extend(event.data)
            self.owed[number] = self.owed.get(number, 0) + event.flow_controlled_length
        elif isinstance(event, events.TrailersReceived):
            self.trailers[number] = [(bytes(name), bytes(value)) for name, value in event.headers]
        elif isinstance(event, events.StreamEnded):
            self.ended.add(number)
        elif isinstance(event, events.StreamReset):
            self.reset.add(number)

    async def acknowledge_all(self) -> None:
        """And go on until nothing more comes."""
        await self.exchange()
        while self.owed:
            number, size = self.owed.popitem()
            if number not in self.reset:
                self.h2.acknowledge_received_data(size, number)
            await self.exchange()

    async def send(self, number: int, body: bytes) -> None:
        """All of it, waiting for windows where they are closed."""
        while body:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size)
            if room <= 0:
                await self.acknowledge_all()
                continue
            self.h2.send_data(number, body[:room])
            body = body[room:]


class _Conversation:
    """Random legal steps of a client on h2 with an echo of ours."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self.draw = draw
        self.theirs = Theirs(client=True)
        self.open: list[int] = []
        self.sent: dict[int, bytearray] = {}
        self.trailers: dict[int, Headers | None] = {}
        self.given_up: set[int] = set()

    async def begin(self) -> None:
        number = self.theirs.h2.get_next_available_stream_id()
        fields = [(b"x-field", bytes(str(self.draw(st.integers(0, 3))), "ascii") * 40)]
        self.theirs.h2.send_headers(number, [*_HEAD, *fields])
        self.open.append(number)
        self.sent[number] = bytearray()

    async def data(self) -> None:
        number, size = self._one(), self.draw(_SIZES)
        assert isinstance(size, int)
        room = min(self.theirs.h2.local_flow_control_window(number), self.theirs.h2.max_outbound_frame_size, size)
        if room >= 0:
            body = bytes((len(self.sent[number]) + i) & 0xFF for i in range(room))
            padding = self.draw(st.sampled_from([None, 0, 7]))
            fits = room + 8 <= min(self.theirs.h2.local_flow_control_window(number), 16_384)
            self.theirs.h2.send_data(number, body, pad_length=padding if fits else None)
            self.sent[number] += body

    async def end(self) -> None:
        number, trailers = self._one(), self.draw(st.sampled_from(_TRAILERS))
        self.open.remove(number)
        self.trailers[number] = trailers  # type: ignore[assignment]
        if trailers:
            self.theirs.h2.send_headers(number, trailers, end_stream=True)  # type: ignore[arg-type]
        else:
            self.theirs.h2.end_stream(number)

    async def give_up(self) -> None:
        number = self._one()
        self.open.remove(number)
        self.given_up.add(number)
        self.theirs.h2.reset_stream(number, 8)

    async def resize(self) -> None:
        codes = st.sampled_from([SettingCodes.INITIAL_WINDOW_SIZE, SettingCodes.MAX_FRAME_SIZE])
        code = SettingCodes(self.draw(codes))  # type: ignore[arg-type]
        sizes = _WINDOWS if code == SettingCodes.INITIAL_WINDOW_SIZE else _FRAMES
        # One after the other: h2 takes each acknowledgement for all settings that wait for theirs.
        await self.theirs.exchange()
        size = self.draw(sizes)
        assert isinstance(size, int)
        if self.open:
            # h2 minds an empty frame while a window is below zero, which §6.9 of the RFC allows.
            size = max(size, self.theirs.h2.local_settings[code])
        self.theirs.h2.update_settings({code: size})
        await self.theirs.exchange()

    async def ping(self) -> None:
        self.theirs.h2.ping(b"12345678")

    async def listen(self) -> None:
        await self.theirs.exchange()

    async def acknowledge(self) -> None:
        await self.theirs.acknowledge_all()

    def _one(self) -> int:
        number = self.draw(st.sampled_from(self.open))
        assert isinstance(number, int)
        return number

    async def run(self) -> None:
        await self.theirs.begin()
        anytime = [self.begin, self.resize, self.ping, self.listen, self.acknowledge]
        for _ in range(self.draw(st.integers(1, 40))):  # type: ignore[call-overload]
            steps = [*anytime, self.data, self.data, self.data, self.end, self.give_up] if self.open else anytime
            step = self.draw(st.sampled_from(steps))
            await step()  # type: ignore[operator]
        await self._finish()

    async def _finish(self) -> None:
        self.theirs.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1_000_000})
        while self.open:
            number = self.open.pop()
            self.trailers[number] = None
            self.theirs.h2.end_stream(number)
        await self.theirs.acknowledge_all()
        for number in set(self.sent) - self.given_up:
            assert self.theirs.came.get(number, b"") == self.sent[number]
            assert number in self.theirs.ended
            assert self.theirs.trailers.get(number) == self.trailers[number]
        assert not self.theirs.wire.relay.streams, "every stream is over"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_a_client_on_h2_does_is_echoed(data: DataObject) -> None:
    async def scenario() -> None:
        await _Conversation(data.draw).run()

    asyncio.run(scenario())


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(_SIZES, _SIZES, st.sampled_from(_TRAILERS)), min_size=1, max_size=6), _WINDOWS, _FRAMES)
def test_a_server_on_h2_understands_our_calls(
    calls: list[tuple[int, int, Headers | None]], window: int, frame: int
) -> None:
    async def scenario() -> None:
        theirs = Theirs(client=False)
        theirs.h2.initiate_connection()
        theirs.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window, SettingCodes.MAX_FRAME_SIZE: frame})
        await theirs.exchange()
        made: list[Echo] = []
        for size, _, trailers in calls:
            stream = theirs.wire.relay.begin([*_HEAD, (b"x-size", b"%d" % size)])
            stream.data(b"q" * size)
            stream.end(trailers)
            made.append(stream)
        await theirs.exchange()
        theirs.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1_000_000})
        await theirs.acknowledge_all()
        for stream, (size, answer, trailers) in zip(made, calls, strict=True):
            assert len(theirs.came.get(stream.number, b"")) == size
            assert theirs.trailers.get(stream.number) == trailers
            theirs.h2.send_headers(stream.number, [(b":status", b"200"), (b"content-length", b"%d" % answer)])
            await theirs.send(stream.number, b"a" * answer)
            theirs.h2.end_stream(stream.number)
        await theirs.acknowledge_all()
        for stream, (_, answer, _) in zip(made, calls, strict=True):
            assert (len(stream.came), stream.whole, stream.aborted) == (answer, True, None)
            assert stream.headers[0] == (b":status", b"200")
        assert not theirs.wire.relay.streams

    asyncio.run(scenario())
