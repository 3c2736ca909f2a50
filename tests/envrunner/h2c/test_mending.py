"""Frames in, frames out: one credential a request, everything else as it was, and no head without bounds."""

from __future__ import annotations

import os

import pytest
from hpack import Decoder, Encoder

from envrunner.h2c.mending import Mender, Unreadable

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, CONTINUATION, DATA = 1, 9, 0
END_STREAM, END_HEADERS, PADDED, PRIORITY = 0x1, 0x4, 0x8, 0x20
Fields = list[tuple[bytes, bytes]]
GET: Fields = [(b":method", b"GET"), (b":path", b"/"), (b"x-long", b"v" * 200)]


def frame(kind: int, payload: bytes, flags: int = 0, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


def frames(data: bytes) -> list[tuple[int, int, int, bytes]]:
    """Kind, flags, stream and payload of each."""
    found = []
    while data:
        length = int.from_bytes(data[:3])
        found.append((data[3], data[4], int.from_bytes(data[5:9]), data[9 : 9 + length]))
        data = data[9 + length :]
    return found


def read(data: bytes) -> Fields:
    """The fields of the one head in these frames, read as one who has never seen the client's table."""
    block = b"".join(payload for kind, _, _, payload in frames(data) if kind in (HEADERS, CONTINUATION))
    return [(bytes(name), bytes(value)) for name, value in Decoder().decode(block, raw=True)]


def begun() -> Mender:
    mender = Mender()
    assert mender.feed(PREFACE) == PREFACE
    return mender


def head(fields: Fields, encoder: Encoder | None = None, *, huffman: bool = True) -> bytes:
    return frame(HEADERS, (encoder or Encoder()).encode(fields, huffman), END_HEADERS)


@pytest.mark.parametrize("huffman", [True, False])
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], []),
        ([b"Bearer a"], [b"Bearer a"]),
        ([b"Bearer a", b"Bearer b"], [b"Bearer b"]),
        ([b"Bearer a", b""], [b""]),
        ([b"", b"Bearer b"], [b"Bearer b"]),
        ([b"Bearer a, Bearer b"], [b"Bearer a, Bearer b"]),
        ([b"a", b"b", b"c"], [b"a", b"b", b"c"]),
    ],
)
def test_the_last_of_two_credentials_stays(given: list[bytes], kept: list[bytes], huffman: bool) -> None:
    credentials = [(b"authorization", value) for value in given]
    found = read(begun().feed(head([*GET, *credentials, (b"after", b"1")], huffman=huffman)))
    assert found == [*GET, *((b"authorization", value) for value in kept), (b"after", b"1")]


def test_fields_of_the_clients_table_are_written_out() -> None:
    mender, encoder = begun(), Encoder()
    for number in range(3):
        fields = [*GET, (b"authorization", b"own"), (b"authorization", b"last"), (b"n", str(number).encode())]
        assert read(mender.feed(head(fields, encoder))) == [*GET, (b"authorization", b"last"), fields[-1]]


def test_bytes_may_come_one_by_one_and_all_others_pass_as_they_are() -> None:
    body = os.urandom(300)
    sent = (
        frame(4, b"\0\3\0\0\0\x09", stream=0) + head(GET) + frame(DATA, body, END_STREAM) + frame(6, b"12345678", 0, 0)
    )
    mender, out = Mender(), b""
    for place in range(len(PREFACE + sent)):
        out += mender.feed((PREFACE + sent)[place : place + 1])
    assert out.startswith(PREFACE)
    first, second, third, fourth = frames(out.removeprefix(PREFACE))
    assert (first, third, fourth) == (
        (4, 0, 0, b"\0\3\0\0\0\x09"), (DATA, END_STREAM, 1, body), (6, 0, 0, b"12345678"),
    )  # fmt: skip
    assert (second[:3], read(frame(*second[:1], second[3]))) == ((HEADERS, END_HEADERS, 1), GET)


def test_padding_and_priority_go_and_the_end_stays() -> None:
    block = Encoder().encode(GET)
    payload = b"\x05" + b"\0\0\0\0\x10" + block + bytes(5)
    out = begun().feed(frame(HEADERS, payload, END_HEADERS | END_STREAM | PADDED | PRIORITY, 7))
    ((kind, flags, stream, _),) = frames(out)
    assert (kind, flags, stream) == (HEADERS, END_HEADERS | END_STREAM, 7)
    assert read(out) == GET


def test_a_head_in_several_frames_is_one_and_a_long_one_is_several() -> None:
    fields = [*GET, *((f"x{number}".encode(), b"v" * 900) for number in range(40))]
    block = Encoder().encode(fields, huffman=False)
    pieces = [block[place : place + 10_000] for place in range(0, len(block), 10_000)]
    mender, out = begun(), b""
    for place, piece in enumerate(pieces):
        flags = END_HEADERS if place == len(pieces) - 1 else 0
        out += mender.feed(frame(CONTINUATION if place else HEADERS, piece, flags))
    assert read(out) == fields
    kinds = [(kind, flags) for kind, flags, _, _ in frames(out)]
    assert kinds[0] == (HEADERS, 0)
    assert kinds[-1] == (CONTINUATION, END_HEADERS)
    assert all(len(payload) <= 16_384 for _, _, _, payload in frames(out))


@pytest.mark.parametrize(
    "sent",
    [
        frame(HEADERS, b"", 0) + frame(DATA, b"x"),
        frame(HEADERS, b"", 0) + frame(CONTINUATION, b"", END_HEADERS, stream=3),
        frame(HEADERS, b"", 0) + frame(HEADERS, b"", END_HEADERS),
        frame(CONTINUATION, b"", END_HEADERS),
        frame(HEADERS, b"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", END_HEADERS),
        frame(HEADERS, b"\xff\xff\xff", END_HEADERS),
        frame(HEADERS, b"\x3f\xe1\xff\x03", END_HEADERS),
        frame(HEADERS, b"\x09", END_HEADERS | PADDED),
        frame(HEADERS, b"\0\0", END_HEADERS | PRIORITY),
        frame(HEADERS, b"", END_HEADERS | PADDED),
        (65_537).to_bytes(3) + bytes((HEADERS, 4)) + bytes(4),
        frame(HEADERS, b"\x00" * 40_000) + frame(CONTINUATION, b"\x00" * 40_000),
        frame(HEADERS, b"") + frame(CONTINUATION, b"") * 64,
        # A small head that reads as a large one: one entry of the table, named a thousand times.
        frame(HEADERS, b"\x40\x01x\x7f\xa9\x1e" + b"v" * 4_008 + b"\xbe" * 1_000, END_HEADERS),
    ],
)  # fmt: skip
def test_what_no_client_may_send_ends_the_connection(sent: bytes) -> None:
    mender = begun()
    with pytest.raises(Unreadable):
        mender.feed(sent)
