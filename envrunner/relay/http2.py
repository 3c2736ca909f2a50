"""HTTP/2 connections of a program that passes streams on: what one side did not take, the other may not send."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, cast

import structlog
from h2 import events
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from envrunner.relay.machine import Headers, Machine
from envrunner.relay.stream import Stream

_UNSENT_BYTES = 4 * 1024 * 1024
"""What a peer that does not read can make us hold by frames that need an answer (PING, SETTINGS)."""
_HIGH_WATER_BYTES = 256 * 1024
_FRAMES_AT_ONCE = 8
"""In one write, at most; then we look whether there is still room."""
_LINGER_SECONDS = 5.0
_log = structlog.get_logger(__name__)


class Http2(asyncio.Protocol, ABC):
    """One connection. Everything that is sent in one round of the loop leaves in one write."""

    def __init__(self, *, client: bool) -> None:
        self.streams: dict[int, Stream] = {}
        self.machine = Machine(client=client)
        self.heard = True
        self.closing = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._ready: dict[Stream, None] = {}
        self._paused = self._flush_due = False
        self._handlers: dict[type[events.Event], Callable[[Any], None]] = {
            events.RequestReceived: self._on_head,
            events.ResponseReceived: self._on_head,
            events.DataReceived: self._on_data,
            events.StreamEnded: self._on_end,
            events.TrailersReceived: self._on_trailers,
            events.StreamReset: self._on_reset,
            events.WindowUpdated: self._on_window,
            events.RemoteSettingsChanged: self._all_may_send,
            events.ConnectionTerminated: self._on_goaway,
        }

    @abstractmethod
    def opened(self) -> None:
        """The connection is there."""

    @abstractmethod
    def new_stream(self, number: int) -> Stream | None:
        """The peer has begun a stream; None where it may not."""

    @abstractmethod
    def peer_says_goodbye(self, code: int) -> None:
        """GOAWAY: no new streams."""

    @abstractmethod
    def lost(self) -> None:
        """The connection is gone; its streams have been told."""

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_HIGH_WATER_BYTES)
        self.machine.begin()
        self.flush()
        self.opened()

    def data_received(self, data: bytes) -> None:
        self.heard = True
        try:
            for event in self.machine.receive_data(data):
                handler = self._handlers.get(type(event))
                if handler is not None:
                    handler(event)
        except ProtocolError as error:
            _log.info("protocol_error", reason=str(error))
            self._write()
            self.close()
            return
        self._flush()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 the base class's signature
        self.closing, self._transport = True, None
        streams, self.streams = self.streams, {}
        self._ready.clear()
        for stream in streams.values():
            stream.came_abort(int(ErrorCodes.INTERNAL_ERROR), "the connection was lost")
        self.lost()

    # -- what streams and owners call

    def send_head(self, stream: Stream, headers: Headers, *, end: bool) -> None:
        try:
            self.machine.send_headers(stream.number, headers, end_stream=end)
        except ProtocolError as error:
            # Its peer has ended it, or takes no more: that is this stream's trouble, and nobody else's.
            self._drop(stream.number)
            stream.came_abort(int(ErrorCodes.INTERNAL_ERROR), str(error))
            return
        if stream.finished:
            self._drop(stream.number)
        self.flush()

    def send_reset(self, stream: Stream, code: int) -> None:
        """The stream is over; what it still wanted to send is dropped."""
        self._drop(stream.number)
        try:
            self.machine.reset_stream(stream.number, code)
        except ProtocolError:
            return  # both ends had said their last already
        self.flush()

    def wants_to_send(self, stream: Stream) -> None:
        self._ready[stream] = None
        self.flush()

    def give_credit(self, number: int, size: int) -> None:
        if size and self._transport is not None and not self.closing:
            self.machine.acknowledge_received_data(size, number)
            self.flush()

    @property
    def peer_address(self) -> str:
        """Its IP address, while it is connected."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else "?"

    def ping(self) -> None:
        self.heard = False
        self.machine.ping(b"liveness")
        self.flush()

    def say_goodbye(self, last_stream_id: int = 2**31 - 1) -> None:
        """GOAWAY(NO_ERROR): what is under way may finish, nothing new begins."""
        if not self.closing:
            self.machine.say_goodbye(last_stream_id)
            self.flush()

    def close(self) -> None:
        """Send what is written and close; streams that are left break off. A peer that takes nothing is cut off."""
        if self._transport is not None and not self.closing:
            self.closing = True
            self._transport.close()
            self._loop.call_later(_LINGER_SECONDS, self._cut_off, self._transport)

    def flush(self) -> None:
        """Send at the end of this round of the loop."""
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def _cut_off(self, transport: asyncio.Transport) -> None:
        if self._transport is transport:
            transport.abort()

    def room_made(self) -> None:
        """A stream is over."""

    def _drop(self, number: int) -> Stream | None:
        stream = self.streams.pop(number, None)
        if stream is not None:
            self._ready.pop(stream, None)
            self.room_made()
        return stream

    # -- sending

    def _flush(self) -> None:
        self._flush_due = False
        if self._transport is None or self.closing:
            return
        unwritten = 0
        while self._ready and not self._paused:
            stream = next(iter(self._ready))
            del self._ready[stream]
            # One frame each in turn: a large body keeps no other waiting.
            if self._send_of(stream):
                self._ready[stream] = None
            unwritten += 1
            if unwritten == _FRAMES_AT_ONCE:
                unwritten = 0
                self._write()
        self._write()

    def _send_of(self, stream: Stream) -> bool:
        """Whether it could send more at once."""
        try:
            return self._send_frame(stream)
        except ProtocolError as error:
            self._drop(stream.number)
            stream.came_abort(int(ErrorCodes.INTERNAL_ERROR), str(error))
            return False

    def _send_frame(self, stream: Stream) -> bool:
        number = stream.number
        room = min(self.machine.local_flow_control_window(number), self.machine.max_outbound_frame_size)
        piece = stream.next_piece(room)
        ends = stream.takes_end()
        if piece is not None:
            self.machine.send_data(number, piece, end_stream=ends and not stream.trailers)
            stream.gave(len(piece))
        elif ends and not stream.trailers:
            self.machine.end_stream(number)
        if ends and stream.trailers:
            self.machine.send_headers(number, stream.trailers, end_stream=True)
        if stream.finished:
            self._drop(number)
        return piece is not None and stream.has_more

    def _write(self) -> None:
        data = self.machine.data_to_send()
        if not data or self._transport is None:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > _UNSENT_BYTES:
            self._transport.abort()

    # -- receiving

    def _on_head(self, event: events.RequestReceived | events.ResponseReceived) -> None:
        number = event.stream_id
        stream = self.streams.get(number) or self.new_stream(number)
        if stream is not None:
            stream.peer_ended = event.stream_ended is not None
            if stream.finished:
                self._drop(number)
            stream.came_head(event.headers, end=stream.peer_ended)

    def _on_data(self, event: events.DataReceived) -> None:
        stream = self.streams.get(event.stream_id)
        data, size = event.data, event.flow_controlled_length
        if stream is None:
            self.give_credit(event.stream_id, size)
            return
        self.give_credit(stream.number, size - len(data))
        if data:
            stream.came_data(data)

    def _on_trailers(self, event: events.TrailersReceived) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is not None:
            self._end_of(stream, event.headers)

    def _on_end(self, event: events.StreamEnded) -> None:
        stream = self.streams.get(event.stream_id)
        if stream is not None:
            self._end_of(stream, None)

    def _end_of(self, stream: Stream, trailers: Headers | None) -> None:
        if stream.peer_ended:
            return  # the head or trailers were the end
        stream.peer_ended = True
        if stream.finished:
            self._drop(stream.number)
        stream.came_end(trailers)

    def _on_reset(self, event: events.StreamReset) -> None:
        stream = self._drop(event.stream_id)
        if stream is not None:
            stream.came_abort(int(event.error_code or 0), "the stream was reset")

    def _on_window(self, event: events.WindowUpdated) -> None:
        if not event.stream_id:
            self._all_may_send()
        elif (stream := self.streams.get(event.stream_id)) is not None and stream.has_more:
            self._ready[stream] = None

    def _all_may_send(self, _: object = None) -> None:
        self._ready.update((stream, None) for stream in self.streams.values() if stream.has_more)

    def _on_goaway(self, event: events.ConnectionTerminated) -> None:
        self.peer_says_goodbye(int(event.error_code or 0))
