"""What makes a message of its fields (RFC 9113 §8): which there must be, in what order, and how long a body is."""

from __future__ import annotations

import re

from envrunner.relay.fields import Headers, Known
from envrunner.relay.frames import Malformed

_REQUEST = frozenset({b":method", b":scheme", b":authority", b":path"})
_RESPONSE = frozenset({b":status"})
_OF_CONNECTION = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"})
_LOOKED_AT = _OF_CONNECTION | {b"te", b"content-length"}
_COLON = ord(":")
_METHOD = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_NO_PATH = re.compile(rb"[\0-\x20\x7f]")
_LONGEST_NUMBER = 19


def request(headers: Headers) -> int | None:
    """The length of the body if the head says it. Raises `Malformed`."""
    pseudo, length = _fields(headers, _REQUEST)
    if not pseudo.get(b":method") or not pseudo.get(b":path") or b":scheme" not in pseudo:
        raise Malformed("a request without method, scheme or path")
    # CONNECT has no path (§8.5); what HTTP/1.1 would read as another line's part is in none (§10.3).
    if pseudo[b":method"] == b"CONNECT" or not _METHOD.fullmatch(pseudo[b":method"]):
        raise Malformed("a method that goes nowhere")
    if _NO_PATH.search(pseudo[b":path"]):
        raise Malformed("a path that is none")
    return length


def response(headers: Headers) -> tuple[int, int | None]:
    """Status and the length of the body if the head says it. Raises `Malformed`."""
    if type(headers) is not Known:
        return _answer(headers)
    if headers.answer is None:
        headers.answer = _answer(headers)
    return headers.answer


def _answer(headers: Headers) -> tuple[int, int | None]:
    pseudo, length = _fields(headers, _RESPONSE)
    status = pseudo.get(b":status", b"")
    if len(status) != 3 or not status.isdigit() or not b"100" <= status != b"101":
        raise Malformed("a response without a status")
    return int(status), length


def trailers(headers: Headers) -> None:
    """Raises `Malformed`."""
    _fields(headers, frozenset())


def _fields(headers: Headers, allowed: frozenset[bytes]) -> tuple[dict[bytes, bytes], int | None]:
    pseudo: dict[bytes, bytes] = {}
    length: int | None = None
    for place, (name, value) in enumerate(headers):
        if name[0] == _COLON:
            # Each is there once, and before all others.
            if place != len(pseudo) or name not in allowed or name in pseudo:
                raise Malformed("a pseudo-header where none belongs")
            pseudo[name] = value
        elif name in _LOOKED_AT:
            if name in _OF_CONNECTION or (name == b"te" and value != b"trailers"):
                raise Malformed("a header of HTTP/1.1 connections")
            if name == b"content-length":
                length = _length(value, length)
    return pseudo, length


def _length(value: bytes, before: int | None) -> int:
    if not value.isdigit() or len(value) > _LONGEST_NUMBER or before not in (None, int(value)):
        raise Malformed("a content-length that is none, or two")
    return int(value)
