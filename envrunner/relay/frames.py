"""HTTP/2 frames (RFC 9113 §4 and §6): their numbers, and those that this side sends."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from struct import Struct
from typing import Final

DATA: Final = 0
HEADERS: Final = 1
PRIORITY: Final = 2
RST_STREAM: Final = 3
SETTINGS: Final = 4
PUSH_PROMISE: Final = 5
PING: Final = 6
GOAWAY: Final = 7
WINDOW_UPDATE: Final = 8
CONTINUATION: Final = 9
END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITIZED: Final = 0x20
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST_BYTES: Final = 16 * 1024
"""Of a frame's payload, unless a peer says it takes more."""
LARGEST_WINDOW: Final = 0x7FFF_FFFF
FIRST_WINDOW: Final = 65_535

HEAD: Final = Struct(">HBBBL")
"""Length (its two high bytes, then its low one), kind, flags, stream."""
HEAD_BYTES: Final = 9
SETTING: Final = Struct(">HL")
NUMBER: Final = Struct(">L")
_GOAWAY: Final = Struct(">LL")


class ErrorCodes(IntEnum):
    """RFC 9113 §7."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


class SettingCodes(IntEnum):
    """RFC 9113 §6.5.2."""

    HEADER_TABLE_SIZE = 0x1
    ENABLE_PUSH = 0x2
    MAX_CONCURRENT_STREAMS = 0x3
    INITIAL_WINDOW_SIZE = 0x4
    MAX_FRAME_SIZE = 0x5
    MAX_HEADER_LIST_SIZE = 0x6


class ConnectionFailed(Exception):
    """The peer broke a rule, or a limit of ours: GOAWAY with ``code``, and the connection is over."""

    def __init__(self, code: ErrorCodes, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Malformed(Exception):
    """A head that is none in HTTP (RFC 9113 §8.1.1): its stream is over, and only that."""


def head(size: int, kind: int, flags: int, number: int) -> bytes:
    """The nine bytes before a payload of ``size`` bytes."""
    return HEAD.pack(size >> 8, size & 0xFF, kind, flags, number)


def settings(values: Iterable[tuple[int, int]]) -> bytes:
    """A whole SETTINGS frame."""
    payload = b"".join(SETTING.pack(code, value) for code, value in values)
    return head(len(payload), SETTINGS, 0, 0) + payload


def window_update(number: int, size: int) -> bytes:
    """A whole frame; ``number`` 0 is the connection."""
    return head(4, WINDOW_UPDATE, 0, number) + NUMBER.pack(size)


def reset(number: int, code: int) -> bytes:
    """A whole RST_STREAM frame."""
    return head(4, RST_STREAM, 0, number) + NUMBER.pack(code)


def ping(payload: bytes, flags: int = 0) -> bytes:
    """A whole PING frame; ``payload`` has eight bytes."""
    return head(8, PING, flags, 0) + payload


def goaway(last: int, code: int) -> bytes:
    """A whole GOAWAY frame."""
    return head(8, GOAWAY, 0, 0) + _GOAWAY.pack(last, code)


def header_block(number: int, block: bytes, most: int, *, end: bool) -> list[bytes]:
    """HEADERS, and CONTINUATION where a peer takes ``most`` bytes a frame and ``block`` is larger."""
    flags = END_STREAM if end else 0
    if len(block) <= most:
        return [head(len(block), HEADERS, flags | END_HEADERS, number), block]
    first, pieces = block[:most], [block[at : at + most] for at in range(most, len(block), most)]
    sent = [head(len(first), HEADERS, flags, number), first]
    for place, piece in enumerate(pieces, 1):
        sent += [head(len(piece), CONTINUATION, END_HEADERS if place == len(pieces) else 0, number), piece]
    return sent


def unpadded(payload: bytes) -> bytes:
    """What the padding of a PADDED frame surrounds (§6.1). Raises `ConnectionFailed`."""
    if not payload or payload[0] >= len(payload):
        raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "more padding than frame")
    return payload[1 : len(payload) - payload[0]]
