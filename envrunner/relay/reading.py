"""Bytes into frames, and header blocks into fields; what RFC 9113 says of a frame by itself is judged here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from mypy_extensions import mypyc_attr

from envrunner.relay import frames
from envrunner.relay.compression import Decoder
from envrunner.relay.fields import Headers
from envrunner.relay.floods import Patience
from envrunner.relay.frames import ConnectionFailed, ErrorCodes, Malformed

HEADER_BYTES: Final = 65_536
"""Of one message's fields, and of the block they come in."""
_MOST_CONTINUATIONS: Final = 32
_SIZES: Final = {frames.PRIORITY: 5, frames.RST_STREAM: 4, frames.PING: 8, frames.WINDOW_UPDATE: 4}
_OF_CONNECTION: Final = frozenset({frames.SETTINGS, frames.PING, frames.GOAWAY})
_OF_STREAM: Final = frozenset({frames.DATA, frames.HEADERS, frames.PRIORITY, frames.RST_STREAM, frames.CONTINUATION})


@mypyc_attr(allow_interpreted_subclasses=True)
class Taker(ABC):
    """What the frames are for. All raise `ConnectionFailed`."""

    @abstractmethod
    def on_data(self, number: int, flags: int, payload: bytes) -> None: ...

    @abstractmethod
    def on_headers(self, number: int, headers: Headers, *, end: bool) -> None:
        """Raises `Malformed`."""

    @abstractmethod
    def on_malformed(self, number: int, reason: str) -> None: ...

    @abstractmethod
    def on_reset(self, number: int, code: int) -> None: ...

    @abstractmethod
    def on_settings(self, values: list[tuple[int, int]]) -> None: ...

    @abstractmethod
    def on_ping(self, payload: bytes) -> None: ...

    @abstractmethod
    def on_goaway(self, last: int, code: int) -> None: ...

    @abstractmethod
    def on_window(self, number: int, size: int) -> None: ...


class Reader:
    """One connection's. ``preface`` is what a client's begins with; then SETTINGS must come."""

    def __init__(self, taker: Taker, patience: Patience, preface: bytes) -> None:
        self._taker = taker
        self._patience = patience
        self._decoder = Decoder(HEADER_BYTES)
        self._preface = preface
        self._rest = b""
        self._greeted = False
        self._block: bytearray | None = None
        self._block_of = self._block_flags = self._continuations = 0
        self._others: dict[int, Callable[[int, int, bytes], None]] = {
            frames.HEADERS: self._headers,
            frames.CONTINUATION: self._continuation,
            frames.PRIORITY: self._idle_talk,
            frames.RST_STREAM: self._reset,
            frames.SETTINGS: self._settings,
            frames.PUSH_PROMISE: self._push,
            frames.PING: self._ping,
            frames.GOAWAY: self._goaway,
            frames.WINDOW_UPDATE: self._window,
        }

    def feed(self, data: bytes) -> None:
        """Take all frames that are complete now. Raises `ConnectionFailed`."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._preface:
            data = self._after_preface(data)
        at, size = 0, len(data)
        unpack = frames.HEAD.unpack_from
        high: int
        low: int
        kind: int
        flags: int
        number: int
        while size - at >= frames.HEAD_BYTES:
            high, low, kind, flags, number = unpack(data, at)
            length = high << 8 | low
            if length > frames.MOST_BYTES:
                raise ConnectionFailed(ErrorCodes.FRAME_SIZE_ERROR, f"a frame of {length} bytes")
            begin, at = at + frames.HEAD_BYTES, at + frames.HEAD_BYTES + length
            if at > size:
                at = begin - frames.HEAD_BYTES
                break
            payload = data[begin:at]
            number &= frames.LARGEST_WINDOW
            if kind == frames.DATA and number and self._greeted and self._block is None:
                self._taker.on_data(number, flags, payload)
            else:
                self._take_other(kind, flags, number, payload)
        self._rest += data[at:]

    def _after_preface(self, data: bytes) -> bytes:
        begun = data[: len(self._preface)]
        if not self._preface.startswith(begun):
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "this is not HTTP/2")
        if len(begun) < len(self._preface):
            self._rest = data
            return b""
        self._preface = b""
        return data[len(begun) :]

    def _take_other(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        if not self._greeted and kind != frames.SETTINGS:
            raise _against("the first frame is not SETTINGS")
        if self._block is not None and (kind != frames.CONTINUATION or number != self._block_of):
            raise _against("something else in the midst of headers")
        if (kind in _OF_CONNECTION) == bool(number) and (kind in _OF_CONNECTION or kind in _OF_STREAM):
            raise _against(f"a frame of kind {kind} on stream {number}")
        if len(payload) != _SIZES.get(kind, len(payload)):
            raise ConnectionFailed(ErrorCodes.FRAME_SIZE_ERROR, f"{len(payload)} bytes in a frame of kind {kind}")
        self._others.get(kind, self._idle_talk)(number, flags, payload)

    # -- headers

    def _headers(self, number: int, flags: int, payload: bytes) -> None:
        if flags & frames.PADDED:
            payload = frames.unpadded(payload)
        if flags & frames.PRIORITIZED:
            if len(payload) < _SIZES[frames.PRIORITY]:
                raise ConnectionFailed(ErrorCodes.FRAME_SIZE_ERROR, "a priority that ends early")
            payload = payload[_SIZES[frames.PRIORITY] :]
        if flags & frames.END_HEADERS:
            self._complete(number, flags, payload)
        else:
            self._block, self._block_of, self._block_flags = bytearray(payload), number, flags
            self._continuations = 0

    def _continuation(self, number: int, flags: int, payload: bytes) -> None:
        if self._block is None:
            raise _against("CONTINUATION of nothing")
        self._block += payload
        self._continuations += 1
        if len(self._block) > HEADER_BYTES or self._continuations > _MOST_CONTINUATIONS:
            raise ConnectionFailed(ErrorCodes.ENHANCE_YOUR_CALM, "headers larger than announced")
        if flags & frames.END_HEADERS:
            block, self._block = bytes(self._block), None
            self._complete(number, self._block_flags, block)

    def _complete(self, number: int, flags: int, block: bytes) -> None:
        try:
            self._taker.on_headers(number, self._decoder.decode(block), end=bool(flags & frames.END_STREAM))
        except Malformed as error:
            self._taker.on_malformed(number, str(error))

    # -- the others

    def _idle_talk(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        self._patience.spend()

    def _push(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        raise _against("PUSH_PROMISE, which nobody asked for")

    def _reset(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        self._taker.on_reset(number, frames.NUMBER.unpack(payload)[0])

    def _settings(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        if len(payload) % frames.SETTING.size or (flags & frames.ACK and payload):
            raise ConnectionFailed(ErrorCodes.FRAME_SIZE_ERROR, "SETTINGS of an odd size")
        if not flags & frames.ACK:
            self._greeted = True
            self._taker.on_settings(list(frames.SETTING.iter_unpack(payload)))
        elif not self._greeted:
            raise _against("the first frame acknowledges")
        else:
            self._patience.spend()

    def _ping(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        self._patience.spend()
        if not flags & frames.ACK:
            self._taker.on_ping(payload)

    def _goaway(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        if len(payload) < 2 * frames.NUMBER.size:
            raise ConnectionFailed(ErrorCodes.FRAME_SIZE_ERROR, "a GOAWAY that ends early")
        self._patience.spend()
        last, code = (frames.NUMBER.unpack_from(payload, at)[0] for at in (0, frames.NUMBER.size))
        self._taker.on_goaway(last & frames.LARGEST_WINDOW, code)

    def _window(self, number: int, flags: int, payload: bytes) -> None:  # noqa: ARG002 as its siblings
        self._patience.spend()
        self._taker.on_window(number, frames.NUMBER.unpack(payload)[0] & frames.LARGEST_WINDOW)


def _against(reason: str) -> ConnectionFailed:
    return ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, reason)
