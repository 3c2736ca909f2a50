"""A client's side of an HTTP/2 connection with one Authorization a request: all other frames pass as they are."""

from __future__ import annotations

from hpack import Decoder, HPACKError

_PREFACE_BYTES = 24
_FRAME_HEAD_BYTES = 9
_MOST_BYTES = 64 * 1024
"""Of one request's head, as it is sent and as it reads."""
_MOST_FRAMES = 64
_LONGEST_FRAME = 16_384
_HEADERS, _CONTINUATION = 1, 9
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x4, 0x8, 0x20
_CREDENTIAL = b"authorization"


class Unreadable(Exception):
    """No client may send this (RFC 9113, RFC 7541): the connection is to end."""


class Mender:
    """Heads are read and written anew without compression, so that nginx sees what was judged here and nothing else.

    Of exactly two ``authorization`` fields the last stays. More than two stay: nginx refuses them.
    """

    def __init__(self) -> None:
        self._decoder = Decoder(max_header_list_size=_MOST_BYTES)
        self._held = bytearray()
        self._through = _PREFACE_BYTES
        self._stream = self._flags = self._frames = 0
        self._block: bytearray | None = None

    def feed(self, data: bytes) -> bytes:
        """What is to be sent on now. Raises `Unreadable`."""
        self._held += data
        out = bytearray()
        while self._held:
            if self._through:
                piece = self._held[: self._through]
                del self._held[: self._through]
                self._through -= len(piece)
                out += piece
            elif not self._next(out):
                break
        return bytes(out)

    def _next(self, out: bytearray) -> bool:
        """Whether a frame's head, or a whole frame of a request's head, was there."""
        if len(self._held) < _FRAME_HEAD_BYTES:
            return False
        length, kind, flags = int.from_bytes(self._held[:3]), self._held[3], self._held[4]
        stream = int.from_bytes(self._held[5:9]) & 0x7FFF_FFFF
        end = _FRAME_HEAD_BYTES + length
        if kind in (_HEADERS, _CONTINUATION):
            if length > _MOST_BYTES:
                raise Unreadable("a frame that is too long")
            if len(self._held) < end:
                return False
            self._take(kind, flags, stream, bytes(self._held[_FRAME_HEAD_BYTES:end]), out)
        elif self._block is not None:
            raise Unreadable("a head that is broken off")
        else:
            out += self._held[:_FRAME_HEAD_BYTES]
            self._through, end = length, _FRAME_HEAD_BYTES
        del self._held[:end]
        return True

    def _take(self, kind: int, flags: int, stream: int, payload: bytes, out: bytearray) -> None:
        if (kind == _CONTINUATION) != (self._block is not None) or (self._block is not None and stream != self._stream):
            raise Unreadable("a head within a head")
        if self._block is None:
            self._block, self._stream, self._flags, self._frames = bytearray(), stream, flags, 0
            payload = _bare(payload, flags)
        self._block += payload
        self._frames += 1
        if len(self._block) > _MOST_BYTES or self._frames > _MOST_FRAMES:
            raise Unreadable("a head that is too long")
        if flags & _END_HEADERS:
            block, self._block = bytes(self._block), None
            out += _frames(self._stream, self._flags & _END_STREAM, self._mended(block))

    def _mended(self, block: bytes) -> bytes:
        try:
            fields = [(bytes(one[0]), bytes(one[1])) for one in self._decoder.decode(block, raw=True)]
        except HPACKError as error:
            raise Unreadable(str(error)) from error
        credentials = [place for place, (name, _) in enumerate(fields) if name == _CREDENTIAL]
        if len(credentials) == 2:
            del fields[credentials[0]]
        return b"".join(b"\x10" + _text(name) + _text(value) for name, value in fields)


def _bare(payload: bytes, flags: int) -> bytes:
    """Without padding and priority (RFC 9113, 6.2)."""
    begin = bool(flags & _PADDED) + 5 * bool(flags & _PRIORITY)
    padding = payload[0] if flags & _PADDED and payload else 0
    if begin + padding > len(payload):
        raise Unreadable("more padding than frame")
    return payload[begin : len(payload) - padding]


def _frames(stream: int, end_stream: int, block: bytes) -> bytes:
    out, kind = bytearray(), _HEADERS
    for begin in range(0, max(len(block), 1), _LONGEST_FRAME):
        piece = block[begin : begin + _LONGEST_FRAME]
        flags = (end_stream if kind == _HEADERS else 0) | (_END_HEADERS if begin + _LONGEST_FRAME >= len(block) else 0)
        out += len(piece).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + piece
        kind = _CONTINUATION
    return bytes(out)


def _text(value: bytes) -> bytes:
    """A string literal without Huffman code (RFC 7541, 5.1 and 5.2)."""
    if len(value) < 127:
        return bytes((len(value),)) + value
    size, rest = bytearray((127,)), len(value) - 127
    while rest > 127:
        size.append(rest & 127 | 128)
        rest >>= 7
    size.append(rest)
    return bytes(size) + value
