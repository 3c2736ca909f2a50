"""Header compression beside hpack's, and what those send who mean harm."""

from __future__ import annotations

import pytest
from hpack import Decoder as TheirDecoder
from hpack import Encoder as TheirEncoder
from hpack import HeaderTuple, NeverIndexedHeaderTuple
from hypothesis import given, settings
from hypothesis import strategies as st

from envrunner.relay import compression, rules
from envrunner.relay.compression import Decoder, Encoder
from envrunner.relay.fields import NeverIndexed
from envrunner.relay.frames import ConnectionFailed, ErrorCodes, Malformed

_NAMES = st.one_of(
    st.sampled_from([b":path", b":method", b"content-type", b"accept", b"x-own", b"cookie"]),
    st.from_regex(rb"[a-z0-9!#$%&'*+.^_`|~-]{1,40}", fullmatch=True),
)
_VALUES = st.one_of(
    st.sampled_from([b"", b"POST", b"/", b"application/json", b"x" * 127, b"y" * 300]),
    st.binary(max_size=200).filter(lambda value: not set(value) & set(b"\0\r\n") and value.strip(b" \t") == value),
)
_FIELDS = st.lists(st.tuples(_NAMES, _VALUES, st.booleans()), max_size=20)
_BLOCKS = st.lists(st.tuples(_FIELDS, st.booleans(), st.sampled_from([None, 0, 100, 4096])), min_size=1, max_size=8)


@settings(deadline=None)
@given(_BLOCKS)
def test_what_hpack_packs_is_read_as_it_was(
    blocks: list[tuple[list[tuple[bytes, bytes, bool]], bool, int | None]],
) -> None:
    theirs, ours = TheirEncoder(), Decoder(64 * 1024)
    for fields, huffman, table in blocks:
        if table is not None:
            theirs.header_table_size = table
        given = [NeverIndexedHeaderTuple(n, v) if never else HeaderTuple(n, v) for n, v, never in fields]
        found = ours.decode(theirs.encode(given, huffman=huffman))
        assert [tuple(one) for one in found] == [(n, v) for n, v, _ in fields]


@settings(deadline=None)
@given(st.lists(_FIELDS, min_size=1, max_size=5))
def test_what_is_packed_here_hpack_reads(blocks: list[list[tuple[bytes, bytes, bool]]]) -> None:
    ours, theirs = Encoder(), TheirDecoder()
    for fields in blocks:
        sent = [NeverIndexed((n, v)) if never else (n, v) for n, v, never in fields]
        found = theirs.decode(ours.encode(sent), raw=True)
        assert [tuple(one) for one in found] == [(n, v) for n, v, _ in fields]
        kept = [type(one) is NeverIndexedHeaderTuple for one in found]
        whole = [(n, v) in ((b":method", b"POST"), (b":path", b"/")) for n, v, _ in fields]
        assert [a or b for a, b in zip(kept, whole, strict=True)] == [
            never or b for (_, _, never), b in zip(fields, whole, strict=True)
        ]


def test_a_field_for_no_table_goes_on_as_one() -> None:
    block = TheirEncoder().encode([NeverIndexedHeaderTuple(b"authorization", b"a secret")])
    (field,) = Decoder(64 * 1024).decode(block)
    (there,) = TheirDecoder().decode(Encoder().encode([field]))
    assert type(there) is NeverIndexedHeaderTuple


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_rubbish_is_refused_and_nothing_worse(blocks: list[bytes]) -> None:
    decoder = Decoder(64 * 1024)
    for block in blocks:
        try:
            decoder.decode(block)
        except Malformed:
            continue
        except ConnectionFailed:
            return


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (b"\x80", ErrorCodes.COMPRESSION_ERROR),
        (b"\xbe", ErrorCodes.COMPRESSION_ERROR),
        (b"\xff\x80\x80\x80\x80\x80\x01", ErrorCodes.COMPRESSION_ERROR),
        (b"\x82\x20", ErrorCodes.COMPRESSION_ERROR),
        (b"\x20\x20\x20", ErrorCodes.COMPRESSION_ERROR),
        (b"\x3f\xe2\x1f", ErrorCodes.COMPRESSION_ERROR),
        (b"\x44\x05ab", ErrorCodes.COMPRESSION_ERROR),
        (b"\x44\x81\x00", ErrorCodes.COMPRESSION_ERROR),
    ],
)
def test_what_no_header_block_is(block: bytes, code: ErrorCodes) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        Decoder(64 * 1024).decode(block)
    assert caught.value.code == code


def test_a_large_field_named_over_and_over_is_a_bomb() -> None:
    """4 KiB in the table, then one byte each time."""
    decoder = Decoder(64 * 1024)
    block = b"\x40\x01a\x7f" + bytes((0x80 | 3873 & 0x7F, 3873 >> 7)) + b"x" * 4000
    assert len(decoder.decode(block)) == 1
    assert len(decoder.decode(b"\xbe" * 10)) == 10
    with pytest.raises(ConnectionFailed) as caught:
        decoder.decode(b"\xbe" * 20)
    assert caught.value.code == ErrorCodes.ENHANCE_YOUR_CALM


@pytest.mark.parametrize("field", [b"\x01A\x01a", b"\x00\x01a", b"\x01a\x01\n", b"\x01a\x02 b", b"\x04a:\r\n\x01b"])
def test_what_no_field_may_hold_gets_through_in_no_spelling(field: bytes) -> None:
    """The table has to hold it, or it would be another one than the sender's; what names it there is refused, too."""
    ours = Decoder(64 * 1024)
    for block in (b"\x00" + field, b"\x40" + field, b"\xbe", b"\x82\xbe"):
        with pytest.raises(Malformed):
            ours.decode(block)
    assert ours.decode(b"\x82\x40\x01b\x01c") == [(b":method", b"GET"), (b"b", b"c")]
    assert ours.decode(b"\xbe\x0f\x2f\x01d") == [(b"b", b"c"), (b"b", b"d")], "the table is as its sender has it"
    with pytest.raises(Malformed):
        ours.decode(b"\xbf")


def test_a_spoilt_name_is_none_with_another_value_either() -> None:
    ours = Decoder(64 * 1024)
    for block in (b"\x40\x04a:\r\n\x01b", b"\x0f\x2f\x01v", b"\x7e\x01v"):
        with pytest.raises(Malformed):
            ours.decode(block)


def test_what_is_remembered_of_sent_fields_is_little() -> None:
    """All tenants' connections share it, and names may be as long as a whole head."""
    ours, remembered = Encoder(), compression._PIECES
    for number in range(10_000):
        ours.encode([(b"x" * 60_000 + b"%d" % number, b"1"), (b"x-%d" % number, b"y" * 60)])
    assert len(remembered) <= 5000
    assert max(len(name) + len(value) for name, value in remembered) < 128


def test_the_same_bytes_mean_other_fields_once_the_table_is_another() -> None:
    ours = Decoder(64 * 1024)
    ours.decode(b"\x40\x01a\x01b")
    for _ in range(2):
        assert ours.decode(b"\x88\xbe") == [(b":status", b"200"), (b"a", b"b")]
    ours.decode(b"\x40\x01c\x01d")
    for _ in range(2):
        assert ours.decode(b"\x88\xbe") == [(b":status", b"200"), (b"c", b"d")]
    assert ours.decode(b"\x20") == []
    with pytest.raises(ConnectionFailed):
        ours.decode(b"\x88\xbe")


def test_what_is_kept_of_whole_blocks_is_little() -> None:
    ours = Decoder(64 * 1024)
    ours.decode(b"\x40\x01a\x7f\xe1\x06" + b"x" * 992)
    for size in range(1, 60):
        ours.decode(b"\xbe" * size)
        ours.decode(b"\x88" * size)
    assert sum(len(n) + len(v) for one in ours._known.values() for n, v in one) < 32 * 1024


def test_an_answer_that_came_before_is_judged_and_packed_as_the_first_was() -> None:
    ours, there = Decoder(64 * 1024), TheirDecoder()
    encoder = Encoder()
    block = TheirEncoder().encode([(b":status", b"204"), (b"content-length", b"7")])
    for answer in (ours.decode(block), ours.decode(b"\x89\xbe"), ours.decode(b"\x89\xbe")):
        assert rules.response(answer) == (204, 7)
        assert there.decode(encoder.encode(answer), raw=True) == [(b":status", b"204"), (b"content-length", b"7")]
    for _ in range(2):
        with pytest.raises(Malformed):
            rules.response(ours.decode(b"\xbe"))
