"""Huffman coding of names and values (RFC 7541 §5.2), a byte at a time; nothing is ever sent in it."""

from __future__ import annotations

from typing import Any

from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import HUFFMAN_COMPLETE, HUFFMAN_EMIT_SYMBOL, HUFFMAN_FAIL, HUFFMAN_TABLE

_Row = list[Any]
"""Of one state between two bytes: for each byte the next row, what was spelt, and whether it may end here. Then the

state's number: hpack's table, from which these are made when they are needed, goes by half bytes.
"""
_ROWS: dict[int, _Row] = {}


def _row(state: int) -> _Row:
    if state not in _ROWS:
        _ROWS[state] = [*[None] * 256, state]
    return _ROWS[state]


_BEGIN = _row(0)


def spelt_out(packed: bytes) -> bytes:
    """Undo Huffman coding. Raises `HPACKDecodingError`."""
    row, complete, pieces = _BEGIN, True, []
    for byte in packed:
        row, piece, complete = row[byte] or _step(row, byte)
        pieces.append(piece)
    if not complete:
        raise HPACKDecodingError("Huffman coding that ends early")
    return b"".join(pieces)


def _step(row: _Row, byte: int) -> tuple[_Row, bytes, bool]:
    state, flags, spelt = row[-1], 0, bytearray()
    for half in (byte >> 4, byte & 0x0F):
        state, flags, symbol = HUFFMAN_TABLE[state * 16 + half]
        if flags & HUFFMAN_FAIL:
            raise HPACKDecodingError("no Huffman coding")
        if flags & HUFFMAN_EMIT_SYMBOL:
            spelt.append(symbol)
    step = row[byte] = _row(state), bytes(spelt), bool(flags & HUFFMAN_COMPLETE)
    return step
