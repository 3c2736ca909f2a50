"""What one HTTP/2 connection sends: as much as the peer has room for, one frame of each stream in turn."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from mypy_extensions import mypyc_attr

from envrunner.relay import frames
from envrunner.relay.compression import Encoder
from envrunner.relay.floods import Patience
from envrunner.relay.frames import ConnectionFailed, ErrorCodes, SettingCodes
from envrunner.relay.reading import Taker
from envrunner.relay.stream import Piece, Stream

_UNSENT_BYTES: Final = 4_194_304
"""What a peer that does not read can make us hold by frames that need an answer (PING, SETTINGS)."""
_HIGH_WATER_BYTES: Final = 262_144
_FRAMES_AT_ONCE: Final = 8
"""In one write, at most; then we look whether there is still room."""
_EARNING_BYTES: Final = 512
_STREAMS_A_POINT: Final = 16
_LARGE_PIECE: Final = 4096
"""Not worth copying once more."""
_LARGEST_FRAME: Final = 65_536
"""Whatever a peer would take: of several streams none waits long for another."""


def protocol(connection: Sending) -> asyncio.Protocol:
    """``connection``, which is one in all but name: compiled classes derive from compiled ones only."""
    return cast("asyncio.Protocol", connection)


@mypyc_attr(allow_interpreted_subclasses=True)
class Sending(Taker):
    """``streams`` are those that are open, by number."""

    def __init__(self, *, client: bool) -> None:
        self._client = client
        self.streams: dict[int, Stream] = {}
        self.closing = False
        self.first_window = self._window = frames.FIRST_WINDOW
        self.most_frame_bytes = frames.MOST_BYTES
        self.most_streams: int = frames.LARGEST_WINDOW
        """So many at once the peer takes."""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._patience = Patience()
        self._encoder = Encoder()
        self._out: list[Piece] = []
        self._ready: dict[Stream, None] = {}
        self._paused = self._flush_due = self._apart = self._large = False

    def attach(self, transport: asyncio.Transport) -> None:
        """From now on there is somebody to send to."""
        self._transport = transport
        # Through TLS each piece would become a record.
        self._apart = transport.get_extra_info("sslcontext") is None
        transport.set_write_buffer_limits(_HIGH_WATER_BYTES)

    def detach(self) -> None:
        """Nobody is there any more."""
        self.closing, self._transport = True, None
        self._ready.clear()
        self._out.clear()

    def eof_received(self) -> None:
        """The connection closes."""

    def pause_writing(self) -> None:
        """The transport holds enough."""
        self._paused = True

    def resume_writing(self) -> None:
        """It has got rid of it."""
        self._paused = False
        self._flush()

    def room_made(self) -> None:
        """A stream is over, or the peer takes more of them."""

    def put(self, *pieces: bytes) -> None:
        """Send frames at the end of this round of the loop."""
        self._out += pieces
        self.flush()

    def wants_to_send(self, stream: Stream) -> None:
        self._ready[stream] = None
        self.flush()

    def flush(self) -> None:
        """Send at the end of this round of the loop."""
        if not self._flush_due:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def send_end(self, stream: Stream) -> None:
        """The last frame of a stream that has nothing else left: it needs no window."""
        stream.ended = True
        self._patience.earn()
        if stream.trailers:
            block = self._encoder.encode(stream.trailers)
            self._out += frames.header_block(stream.number, block, self.most_frame_bytes, end=True)
        else:
            self._out.append(frames.head(0, frames.DATA, frames.END_STREAM, stream.number))
        if stream.finished:
            self._drop(stream.number)
        self.flush()

    def say_goodbye(self, last_stream_id: int = frames.LARGEST_WINDOW) -> None:
        """GOAWAY(NO_ERROR): what is under way may finish (RFC 9113 §6.8), nothing new begins."""
        if not self.closing:
            self.put(frames.goaway(last_stream_id, ErrorCodes.NO_ERROR))

    @property
    def peer_address(self) -> str:
        """Its IP address, while it is connected."""
        name = self._transport.get_extra_info("peername") if self._transport else None
        return str(name[0]) if name else "?"

    # -- what the peer says

    def on_settings(self, values: list[tuple[int, int]]) -> None:
        self._patience.spend(1 + len(values) + len(self.streams) // _STREAMS_A_POINT)
        self.put(frames.head(0, frames.SETTINGS, frames.ACK, 0))
        for code, value in values:
            self._peer_wants(code, value)
        self.room_made()

    def on_ping(self, payload: bytes) -> None:
        self.put(frames.ping(payload, frames.ACK))

    def _peer_wants(self, code: int, value: int) -> None:
        """One of its settings (RFC 9113 §6.5.2). Raises `ConnectionFailed`."""
        if code == SettingCodes.INITIAL_WINDOW_SIZE:
            self._resize_windows(value)
        elif code == SettingCodes.MAX_FRAME_SIZE:
            if not frames.MOST_BYTES <= value < 2**24:
                raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "frames of a size that may not be")
            self.most_frame_bytes = min(value, _LARGEST_FRAME)
        elif code == SettingCodes.MAX_CONCURRENT_STREAMS:
            self.most_streams = value
        elif code == SettingCodes.ENABLE_PUSH and (value > 1 or (value and self._client)):
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a setting that may not be")

    def more_window(self, size: int) -> None:
        """Of the whole connection. Raises `ConnectionFailed`."""
        if not size or self._window + size > frames.LARGEST_WINDOW:
            code = ErrorCodes.FLOW_CONTROL_ERROR if size else ErrorCodes.PROTOCOL_ERROR
            raise ConnectionFailed(code, "a window that may not be")
        self._window += size

    def more_window_of(self, stream: Stream, size: int) -> None:
        """Raises `ConnectionFailed` where that stream alone could fail, too: no peer of ours does so."""
        if not size or stream.window + size > frames.LARGEST_WINDOW:
            code = ErrorCodes.FLOW_CONTROL_ERROR if size else ErrorCodes.PROTOCOL_ERROR
            raise ConnectionFailed(code, "a window that may not be")
        stream.window += size
        if stream.has_data:
            self._ready[stream] = None

    def _resize_windows(self, size: int) -> None:
        added, self.first_window = size - self.first_window, size
        if size > frames.LARGEST_WINDOW:
            raise ConnectionFailed(ErrorCodes.FLOW_CONTROL_ERROR, "a window that may not be")
        for stream in self.streams.values():
            stream.window += added
            if stream.window > frames.LARGEST_WINDOW:
                raise ConnectionFailed(ErrorCodes.FLOW_CONTROL_ERROR, "a window that may not be")
            if stream.has_data:
                self._ready[stream] = None

    # -- sending

    def _flush(self) -> None:
        self._flush_due = False
        if self._transport is None or self.closing:
            return
        ready, unwritten = self._ready, 0
        while ready and self._window > 0 and not self._paused:
            stream = next(iter(ready))
            del ready[stream]
            # One frame each in turn: a large body keeps no other waiting.
            if self._send_of(stream):
                ready[stream] = None
            unwritten += 1
            if unwritten == _FRAMES_AT_ONCE:
                unwritten = 0
                self._write()
        self._write()

    def _send_of(self, stream: Stream) -> bool:
        """Whether it could send more at once."""
        room = min(self._window, stream.window, self.most_frame_bytes)
        if room <= 0 or not stream.has_data:
            return False
        piece = stream.next_piece(room)
        size = len(piece)
        self._large |= size > _LARGE_PIECE
        stream.window -= size
        self._window -= size
        more = stream.has_data
        stream.ended = ends = stream.ending and not more and not stream.trailers
        self._out += (frames.head(size, frames.DATA, frames.END_STREAM if ends else 0, stream.number), piece)
        if ends or size >= _EARNING_BYTES:
            self._patience.earn()
        stream.gave(size)
        if not more and stream.ending and not ends:
            self.send_end(stream)
        elif ends and stream.finished:
            self._drop(stream.number)
        return more and stream.window > 0

    def _drop(self, number: int) -> Stream | None:
        stream = self.streams.pop(number, None)
        if stream is not None:
            self._ready.pop(stream, None)
            self.room_made()
        return stream

    def _write(self) -> None:
        if not self._out or self._transport is None:
            return
        if self._apart and self._large:
            self._transport.writelines(self._out)
        else:
            self._transport.write(b"".join(self._out))
        self._out, self._large = [], False
        if self._transport.get_write_buffer_size() > _UNSENT_BYTES:
            self._transport.abort()
