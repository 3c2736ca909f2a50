"""HTTP/2 connections of a program that passes streams on: what one side did not take, the other may not send."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final, cast

import structlog
from mypy_extensions import mypyc_attr

from envrunner.relay import frames, rules
from envrunner.relay.fields import Headers
from envrunner.relay.frames import ConnectionFailed, ErrorCodes, Malformed, SettingCodes
from envrunner.relay.reading import HEADER_BYTES, Reader
from envrunner.relay.sending import Sending
from envrunner.relay.stream import STREAM_WINDOW, Stream

MOST_STREAMS: Final = 4096
_CONNECTION_WINDOW: Final = 33_554_432
"""So much of one connection, which serves one environment: streams that nobody reads can hold up only its own."""
_CONNECTION_STEP: Final = 1_048_576
_STREAM_STEP: Final = 131_072
"""What has been taken is given back in portions of this size."""
_FAILED_POINTS: Final = 3
_WORTH_A_LOOK_BYTES: Final = 512
_LINGER_SECONDS: Final = 5.0
_log = structlog.get_logger(__name__)


@mypyc_attr(allow_interpreted_subclasses=True)
class Http2(Sending):
    """One connection. Everything that is sent in one round of the loop leaves in one write."""

    def __init__(self, *, client: bool) -> None:
        super().__init__(client=client)
        self.heard = True
        self._room = frames.FIRST_WINDOW + _CONNECTION_WINDOW
        self._owed = self._last = 0
        self._reader = Reader(self, self._patience, b"" if client else frames.PREFACE)

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
        self.attach(cast("asyncio.Transport", transport))
        values = {
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingCodes.MAX_HEADER_LIST_SIZE: HEADER_BYTES,
            **({SettingCodes.ENABLE_PUSH: 0} if self._client else {SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS}),
        }
        preface, room = frames.PREFACE if self._client else b"", frames.window_update(0, _CONNECTION_WINDOW)
        self.put(preface, frames.settings(values.items()), room)
        self.opened()

    def data_received(self, data: bytes) -> None:
        self.heard = True
        if self.closing:
            return
        try:
            self._reader.feed(data)
        except ConnectionFailed as error:
            _log.info("connection_failed", reason=str(error), code=error.code.name)
            self.put(frames.goaway(0 if self._client else self._last, error.code))
            self._hang_up()
            return
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 the loop's signature
        self.detach()
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.came_abort(ErrorCodes.INTERNAL_ERROR, "the connection was lost")
        self.lost()

    # -- what streams and owners call

    def next_number(self) -> int:
        """Of a stream that this side, the client, begins."""
        self._last = self._last + 2 if self._last else 1
        return self._last

    def send_head(self, stream: Stream, headers: Headers, *, end: bool) -> None:
        self.put(*frames.header_block(stream.number, self._encoder.encode(headers), self.most_frame_bytes, end=end))
        if stream.finished:
            self._drop(stream.number)

    def send_reset(self, stream: Stream, code: int) -> None:
        """The stream is over; what it still wanted to send is dropped."""
        self._patience.expect()
        self._drop(stream.number)
        self.put(frames.reset(stream.number, code))

    def give_credit(self, stream: Stream, size: int) -> None:
        """So much of what came on ``stream``, which may be over, has been taken."""
        self._give_back(size)
        if stream.peer_ended:
            return
        stream.owed += size
        if stream.owed >= _STREAM_STEP and stream.number in self.streams:
            stream.room += stream.owed
            self.put(frames.window_update(stream.number, stream.owed))
            stream.owed = 0

    def ping(self) -> None:
        self.heard = False
        self.put(frames.ping(b"liveness"))

    def close(self) -> None:
        """Send what is written and close; streams that are left break off. A peer that takes nothing is cut off."""
        self._hang_up()

    def _hang_up(self) -> None:
        if self._transport is not None and not self.closing:
            self._write()
            self.closing = True
            self._transport.close()
            self._loop.call_later(_LINGER_SECONDS, self._cut_off, self._transport)

    def _cut_off(self, transport: asyncio.Transport) -> None:
        if self._transport is transport:
            transport.abort()

    # -- what comes

    def on_data(self, number: int, flags: int, payload: bytes) -> None:
        size = len(payload)
        self._room -= size
        if self._room < 0:
            raise ConnectionFailed(ErrorCodes.FLOW_CONTROL_ERROR, "more than the connection's window")
        stream = self.streams.get(number)
        if stream is None or stream.peer_ended:
            self._too_late(number, stream, size)
            return
        if flags & frames.PADDED:
            payload = frames.unpadded(payload)
            self.give_credit(stream, size - len(payload))
        stream.room -= size
        stream.body_bytes += len(payload)
        ends = flags & frames.END_STREAM
        plain = stream.room >= 0 and stream.peer_began and stream.expected_bytes is None
        if not plain and not self._fits(stream, ends=bool(ends)):
            self.give_credit(stream, len(payload))
            return
        if payload:
            stream.came_data(payload)
        elif not ends:
            self._patience.spend()
        if ends:
            self._end_of(stream, None)

    def on_headers(self, number: int, headers: Headers, *, end: bool) -> None:
        stream = self.streams.get(number)
        if stream is None and not self._client and number > self._last:
            self._begin(number, headers, end=end)
        elif stream is None or stream.peer_ended:
            self._too_late(number, stream, 0)
        elif self._client and not stream.peer_began:
            self._response(stream, headers, end=end)
        elif end:
            rules.trailers(headers)
            if self._fits(stream, ends=True):
                self._end_of(stream, headers)
        else:
            raise Malformed("trailers without an end")

    def on_malformed(self, number: int, reason: str) -> None:
        """Its stream is over; what was compressed has been understood, so all others go on."""
        if not self._client and number % 2:
            self._last = max(self._last, number)
        if (stream := self.streams.get(number)) is not None:
            self._fail(stream, ErrorCodes.PROTOCOL_ERROR, reason)
        elif self._is_idle(number):
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, reason)
        else:
            self._patience.spend(_FAILED_POINTS)
            self.put(frames.reset(number, ErrorCodes.PROTOCOL_ERROR))

    def on_reset(self, number: int, code: int) -> None:
        stream = self._drop(number)
        if stream is None:
            self._too_late(number, None, 0)
            return
        if not self._client and not stream.ended:
            # A peer that begins calls only to take them back has us work for nothing (CVE-2023-44487).
            self._patience.spend()
        stream.came_abort(code, "the stream was reset")

    def on_goaway(self, last: int, code: int) -> None:
        """Streams after ``last`` have not been looked at, and will not be."""
        self.peer_says_goodbye(code)
        if self._client:
            for number in [one for one in self.streams if one > last]:
                stream = self._drop(number)
                if stream is not None:
                    stream.came_abort(ErrorCodes.REFUSED_STREAM, "the connection is being closed")

    def on_window(self, number: int, size: int) -> None:
        if not number:
            self.more_window(size)
        elif (stream := self.streams.get(number)) is not None:
            self.more_window_of(stream, size)
        elif self._is_idle(number):
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a stream that nobody began")

    def _begin(self, number: int, headers: Headers, *, end: bool) -> None:
        if not number % 2:
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a client's streams have odd numbers")
        self._last = number
        length = rules.request(headers)
        if len(self.streams) >= MOST_STREAMS:
            self._patience.spend()
            self.put(frames.reset(number, ErrorCodes.REFUSED_STREAM))
            return
        stream = self.new_stream(number)
        if stream is not None:
            stream.expected_bytes = length
            self._head_of(stream, headers, end=end)

    def _response(self, stream: Stream, headers: Headers, *, end: bool) -> None:
        status, length = rules.response(headers)
        if status >= 200:
            stream.expected_bytes = length
            self._head_of(stream, headers, end=end)
        elif end:
            raise Malformed("an answer that ends before it begins")
        else:
            self._patience.spend()

    def _head_of(self, stream: Stream, headers: Headers, *, end: bool) -> None:
        stream.peer_began = True
        if end and not self._fits(stream, ends=True):
            return
        stream.peer_ended = end
        if stream.finished:
            self._drop(stream.number)
        stream.came_head(headers, end=end)

    def _end_of(self, stream: Stream, trailers: Headers | None) -> None:
        if stream.number not in self.streams:
            return  # it was aborted by what came before
        stream.peer_ended = True
        if stream.finished:
            self._drop(stream.number)
        stream.came_end(trailers)

    def _fits(self, stream: Stream, ends: bool) -> bool:
        """Whether window and announced length allow what came; else the stream is over."""
        if stream.room < 0:
            self._fail(stream, ErrorCodes.FLOW_CONTROL_ERROR, "more than the stream's window")
            return False
        if not stream.peer_began:
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a body before its head")
        said, came = stream.expected_bytes, stream.body_bytes
        # An answer to HEAD says how long another would be.
        if said is not None and (came > said or (ends and came < said and (came or not self._client))):
            self._fail(stream, ErrorCodes.PROTOCOL_ERROR, "a body of another length than announced")
            return False
        return True

    def _fail(self, stream: Stream, code: ErrorCodes, reason: str) -> None:
        # Calls that are begun only to have us reset them are as bad as those taken back (CVE-2025-8671).
        self._patience.spend(_FAILED_POINTS)
        self.send_reset(stream, code)
        stream.came_abort(code, reason)

    def _is_idle(self, number: int) -> bool:
        return number > self._last or number % 2 == 0

    def _too_late(self, number: int, stream: Stream | None, size: int) -> None:
        """After its end, or ours: what was on its way then counts for the connection's window only."""
        if self._is_idle(number):
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a stream that nobody began")
        self._give_back(size)
        if size < _WORTH_A_LOOK_BYTES:
            self._patience.spend()
        if stream is not None:
            self._fail(stream, ErrorCodes.STREAM_CLOSED, "something came after the end")

    def _give_back(self, size: int) -> None:
        self._owed += size
        if self._owed >= _CONNECTION_STEP:
            self._room += self._owed
            self.put(frames.window_update(0, self._owed))
            self._owed = 0
