"""Header compression (HPACK, RFC 7541): all that a peer may use when it packs, the plainest of it when we do.

What is read once is remembered: peers repeat most fields, and Huffman coding in Python costs more than all the rest.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from hpack.exceptions import HPACKDecodingError
from hpack.table import HeaderTable

from envrunner.relay.fields import Headers, Known, NeverIndexed
from envrunner.relay.frames import ConnectionFailed, ErrorCodes, Malformed
from envrunner.relay.huffman import spelt_out

_Field = Any
"""A name and its value, a tuple. It does not say so, since compiled code would take each apart and make it anew: that

costs time, and what tells `NeverIndexed` from others.
"""
TABLE_BYTES: Final = 4096
"""Of the peer's table: what both sides begin with, and we leave it at that."""
_FIELD_BYTES: Final = 32
_STATIC: Final[list[_Field]] = list(HeaderTable.STATIC_TABLE)
_FIRST_OF_PEER: Final = 62
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+|:[a-z]+")
_NO_VALUE: Final = re.compile(rb"[\0\r\n]|\A[ \t]|[ \t]\Z")
_MOST_REMEMBERED: Final = 128
_LEAST_REMEMBERED_BYTES: Final = 40
_MOST_REMEMBERED_BYTES: Final = 1024
"""Paths and tokens come again: what is shorter is soon spelt, and often comes once (ids of invocations)."""
_MOST_KNOWN: Final = 16
_KNOWN_BYTES: Final = 2048
_LONGEST_INTEGER_BYTES: Final = 5
_MOST_RESIZES: Final = 2
_MOST_PIECES: Final = 4096
_LONGEST_PIECE: Final = 96
"""Bytes of a name and its value as they are sent: all connections share these, so nobody fills the memory with them."""
_ONCE: Final = frozenset({b"x-restate-invocation-id", b"traceparent"})
"""Their values do not come again."""
_NO_TABLE: Final = b"\x20"


class Decoder:
    """One connection's. ``most_bytes``: of a header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts them."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._table: list[_Field] = []
        self._used, self._room = 0, TABLE_BYTES
        self._remembered: dict[bytes, bytes] = {}
        self._known: dict[bytes, Known] = {}
        """Whole blocks, while the table stays as it is."""
        self._spoilt = False
        """What no field may hold has come, and may be in the table: from then on all is looked at again."""

    def decode(self, block: bytes) -> Headers:
        """The fields of a whole block. Raises `Malformed`, or `ConnectionFailed`: then nobody knows the table any more.

        Names and values have been looked at (RFC 9113 §8.2.1), their order and number have not.
        """
        known = self._known.get(block)
        if known is not None:
            return known
        try:
            fields = self._decode(block)
        except (IndexError, HPACKDecodingError):
            raise _broken("a header block that ends early, or names no field") from None
        if self._spoilt and not all(_is_field(*field) for field in fields):
            raise Malformed("a header's name or value is none")
        return fields

    def _decode(self, block: bytes) -> Headers:
        fields: list[_Field] = []
        at, stop, size, resized = 0, len(block), 0, 0
        table, only_table = self._table, not self._spoilt
        while at < stop:
            first = block[at]
            if 0x80 < first < 0xFF:
                at += 1
                index = first & 0x7F
                # What peers repeat, and therefore most fields: all that is needed stands here.
                field = _STATIC[index - 1] if index < _FIRST_OF_PEER else table[_FIRST_OF_PEER - 1 - index]
            elif first & 0x80:
                index, at = _integer(block, at, 0x7F)
                field = self._field(index)
            elif first & 0x60 == 0x20:
                resized += 1
                if fields or resized > _MOST_RESIZES:
                    raise _broken("a table's size in the middle of a block")
                at, only_table = self._resize(block, at), False
                continue
            else:
                only_table = False
                field, at = self._literal(block, at, first)
            size += len(field[0]) + len(field[1]) + _FIELD_BYTES
            if size > self._most_bytes:
                raise ConnectionFailed(ErrorCodes.ENHANCE_YOUR_CALM, "headers larger than announced")
            fields.append(field)
        if only_table and size <= _KNOWN_BYTES and len(self._known) < _MOST_KNOWN:
            fields = self._known[block] = Known(fields)
        return fields

    def _field(self, index: int) -> _Field:
        if index >= _FIRST_OF_PEER:
            place = len(self._table) - 1 - (index - _FIRST_OF_PEER)
            if place >= 0:
                return self._table[place]
        elif index:
            return _STATIC[index - 1]
        raise _broken("a field that is in no table")

    def _literal(self, block: bytes, at: int, first: int) -> tuple[_Field, int]:
        indexed = first & 0x40
        mask = 0x3F if indexed else 0x0F
        index = first & mask
        if index < mask:
            at += 1
        else:
            index, at = _integer(block, at, mask)
        if index:
            name: bytes = self._field(index)[0]
        else:
            name, at = self._string(block, at)
        value, at = self._string(block, at)
        if (not index and not _NAME.fullmatch(name)) or _NO_VALUE.search(value):
            self._spoilt = True
        if first & 0x50 == 0x10:
            return NeverIndexed((name, value)), at
        field: _Field = (name, value)
        if indexed:
            self._add(field, len(name) + len(value) + _FIELD_BYTES)
        return field, at

    def _string(self, block: bytes, at: int) -> tuple[bytes, int]:
        first = block[at]
        packed, size = first & 0x80, first & 0x7F
        if size < 0x7F:
            at += 1
        else:
            size, at = _integer(block, at, 0x7F)
        stop = at + size
        if stop > len(block):
            raise _broken("a header block that ends early")
        text = block[at:stop]
        return (self._unpacked(text) if packed else text), stop

    def _unpacked(self, packed: bytes) -> bytes:
        if not _LEAST_REMEMBERED_BYTES <= len(packed) < _MOST_REMEMBERED_BYTES:
            return spelt_out(packed)
        text = self._remembered.get(packed)
        if text is None:
            text = spelt_out(packed)
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[packed] = text
        return text

    def _add(self, field: _Field, size: int) -> None:
        self._known.clear()
        self._table.append(field)
        self._used += size
        if self._used > self._room:
            self._evict()

    def _evict(self) -> None:
        while self._used > self._room:
            name, value = self._table.pop(0)
            self._used -= len(name) + len(value) + _FIELD_BYTES

    def _resize(self, block: bytes, at: int) -> int:
        size, at = _integer(block, at, 0x1F)
        if size > TABLE_BYTES:
            raise _broken("a table larger than announced")
        self._known.clear()
        self._room = size
        self._evict()
        return at


class Encoder:
    """One connection's: it keeps no table, and says so once. Only the commonest fields are not spelt out."""

    def __init__(self) -> None:
        self._before = _NO_TABLE

    def encode(self, headers: Headers) -> bytes:
        """A whole block."""
        before, self._before = self._before, b""
        if type(headers) is not Known:
            return before + _packed(headers)
        if headers.packed is None:
            headers.packed = _packed(headers)
        return before + headers.packed


def _packed(headers: Headers) -> bytes:
    pieces, fields = list[bytes](), cast("list[_Field]", headers)
    for field in fields:
        piece = _PIECES.get(field)
        if piece is None or type(field) is not tuple:
            piece = _piece(field)
        pieces.append(piece)
    return b"".join(pieces)


def _is_field(name: bytes, value: bytes) -> bool:
    return _NAME.fullmatch(name) is not None and _NO_VALUE.search(value) is None


def _piece(field: _Field) -> bytes:
    """One field, spelt out."""
    name: bytes = field[0]
    value: bytes = field[1]
    indexed = type(field) is tuple
    kind = 0x00 if indexed else 0x10
    index = _NAMES.get(name)
    piece = (_prefixed(index, 0x0F, kind) if index else bytes((kind,)) + _plain(name)) + _plain(value)
    if indexed and len(piece) <= _LONGEST_PIECE and name not in _ONCE:
        if len(_PIECES) >= _MOST_PIECES:
            _PIECES.clear()
            _PIECES.update(_WHOLE)
        _PIECES[field] = piece
    return piece


def _integer(block: bytes, at: int, mask: int) -> tuple[int, int]:
    """The number whose first bits are those of ``mask``, and where it ends (RFC 7541 §5.1)."""
    number = block[at] & mask
    at += 1
    if number < mask:
        return number, at
    for place in range(_LONGEST_INTEGER_BYTES):
        byte = block[at]
        at += 1
        number += (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, at
    raise _broken("a number without end")


def _prefixed(number: int, mask: int, kind: int) -> bytes:
    if number < mask:
        return bytes((kind | number,))
    rest, said = number - mask, [kind | mask]
    while rest >= 0x80:
        said.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes((*said, rest))


_SHORT: Final = [bytes((size,)) for size in range(0x7F)]


def _plain(text: bytes) -> bytes:
    size = len(text)
    return (_SHORT[size] if size < 0x7F else _prefixed(size, 0x7F, 0)) + text


def _broken(reason: str) -> ConnectionFailed:
    return ConnectionFailed(ErrorCodes.COMPRESSION_ERROR, reason)


_WHOLE: Final[dict[_Field, bytes]] = {
    field: bytes((0x80 | index,)) for index, field in enumerate(_STATIC, 1) if field[1]
}
_NAMES: Final[dict[bytes, int]] = {_STATIC[at - 1][0]: at for at in range(len(_STATIC), 0, -1)}
_PIECES: Final[dict[_Field, bytes]] = dict(_WHOLE)
"""How fields are spelt that were sent lately."""
