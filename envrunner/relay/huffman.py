"""Huffman coding of names and values (RFC 7541 §5.2), a byte at a time; nothing is ever sent in it."""

from __future__ import annotations

from typing import Final

from hpack.exceptions import HPACKDecodingError
from hpack.huffman_table import HUFFMAN_COMPLETE, HUFFMAN_EMIT_SYMBOL, HUFFMAN_FAIL, HUFFMAN_TABLE

_SPELT: Final = 3
"""The bits that say how many symbols a byte ended: none, one or two, since the shortest has five bits."""
_COMPLETE: Final = 4
_FAILED: Final = 8


def _tables() -> tuple[bytes, bytes, bytes, bytes]:
    """For each of the 256 states between two bytes, and each byte: the next state, flags, and what was spelt.

    hpack's table goes by half bytes. Plain bytes, since what is asked for in no order had better be small.
    """
    states, flags, first, second = bytearray(65536), bytearray(65536), bytearray(65536), bytearray(65536)
    for at in range(65536):
        state, said = at >> 8, 0
        for half in (at >> 4 & 0x0F, at & 0x0F):
            state, how, symbol = HUFFMAN_TABLE[state * 16 + half]
            if how & HUFFMAN_FAIL:
                said = _FAILED
                break
            if how & HUFFMAN_EMIT_SYMBOL:
                (second if said else first)[at] = symbol
                said += 1
        states[at], flags[at] = state, said | (_COMPLETE if how & HUFFMAN_COMPLETE else 0)
    return bytes(states), bytes(flags), bytes(first), bytes(second)


_STATES, _FLAGS, _FIRST, _SECOND = _tables()


def spelt_out(packed: bytes) -> bytes:
    """Undo Huffman coding. Raises `HPACKDecodingError`."""
    states, flags, first, second = _STATES, _FLAGS, _FIRST, _SECOND
    state, said, spelt = 0, _COMPLETE, list[int]()
    for byte in packed:
        at = state << 8 | byte
        state, said = states[at], flags[at]
        if said & _SPELT:
            spelt.append(first[at])
            if said & 2:
                spelt.append(second[at])
        elif said & _FAILED:
            raise HPACKDecodingError("no Huffman coding")
    if not said & _COMPLETE:
        raise HPACKDecodingError("Huffman coding that ends early")
    return bytes(spelt)
