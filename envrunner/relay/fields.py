"""The fields of a head, and two kinds of them. Not compiled with the rest: these are Python's own lists and tuples."""

from __future__ import annotations

Headers = list[tuple[bytes, bytes]]


class NeverIndexed(tuple[bytes, bytes]):
    """A field that its sender wants in no table on its way (RFC 7541 §7.1.3)."""

    __slots__ = ()


class Known(list[tuple[bytes, bytes]]):
    """Fields of a block that names places in the table only, as most answers' do. The same ones come again and again,

    so nobody may change them, and what was made of them is kept: by `Encoder`, and by `rules.response`.
    """

    __slots__ = ("answer", "packed")

    def __init__(self, fields: Headers) -> None:
        super().__init__(fields)
        self.packed: bytes | None = None
        self.answer: tuple[int, int | None] | None = None
