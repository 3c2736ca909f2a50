"""Whose address counts: the connection's, or what a trusted proxy says; a key that is restricted to networks tells."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.prior import STOCK, Plain, Stock
from tests.envrunner.edge.stack import Stack

PROXY, OTHER = "127.0.0.7", "127.0.0.8"
FAR = ["203.0.113.7/32", "2001:db8::/32"]


def started(stack: Stack, **further: str) -> Stack:
    stack.further = {f"ENVRUNNER_{name}": value for name, value in further.items()}
    stack.add_environment(1)
    stack.add_key(1, "full", restrictions={"networks": FAR})
    stack.start()
    return stack


@pytest.fixture(scope="module")
def by_header() -> Iterator[Stack]:
    stack = Stack()
    try:
        yield started(stack, TRUSTED_PROXIES=f"{PROXY} 10.0.0.0/8")
    finally:
        stack.stop()


@pytest.fixture(scope="module")
def by_protocol() -> Iterator[Stack]:
    stack = Stack()
    try:
        yield started(stack, TRUSTED_PROXIES=PROXY, PROXY_PROTOCOL="true")
    finally:
        stack.stop()


TOKEN = "key_full1.secret"


def status(stack: Stack, source: str, begin: bytes = b"", *forwarded: str) -> int:
    """0: none."""
    fields = "".join(f"X-Forwarded-For: {one}\r\n" for one in forwarded)
    head = f"POST /S/h HTTP/1.1\r\nHost: {stack.host(1)}\r\nAuthorization: Bearer {TOKEN}\r\n{fields}"
    with socket.create_connection(("127.0.0.1", stack.ingress), timeout=20, source_address=(source, 0)) as connection:
        connection.sendall(begin + f"{head}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        try:
            answer = connection.recv(65_536)
        except ConnectionResetError:
            answer = b""
    return int(answer.split(b" ")[1]) if answer else 0


@pytest.mark.parametrize(
    ("source", "forwarded", "expected"),
    [
        (PROXY, ["203.0.113.7"], 200),
        (PROXY, ["2001:db8::1"], 200),
        (PROXY, ["::ffff:203.0.113.7"], 200),
        (PROXY, ["203.0.113.7, 10.1.2.3"], 200),
        (PROXY, ["192.0.2.1", "203.0.113.7"], 200),
        (PROXY, ["203.0.113.7, 192.0.2.1"], 403),
        (PROXY, ["203.0.113.7", "192.0.2.1"], 403),
        (PROXY, ["203.0.113.8"], 403),
        (PROXY, ["rubbish"], 403),
        (PROXY, [], 403),
        (OTHER, ["203.0.113.7"], 403),
    ],
)
def test_the_last_address_before_the_proxies_counts(
    by_header: Stack, source: str, forwarded: list[str], expected: int
) -> None:
    assert status(by_header, source, b"", *forwarded) == expected


@pytest.mark.parametrize("kind", [Plain, Stock])
@pytest.mark.parametrize(("source", "expected"), [(PROXY, 200), (OTHER, 403)])
def test_over_http2_too(by_header: Stack, kind: type[Plain], source: str, expected: int) -> None:
    async def scenario() -> int:
        async with kind() as client:
            await client.reach(by_header.ingress, source)
            number = client.h2.get_next_available_stream_id()
            fields = [(":method", "POST"), (":scheme", "http"), (":path", "/S/h"), (":authority", by_header.host(1))]
            fields += [("authorization", f"Bearer {TOKEN}"), ("x-forwarded-for", "203.0.113.7")]
            client.h2.send_headers(number, fields, end_stream=True)
            client.send()
            return (await client.ended(number)).status

    assert asyncio.run(scenario()) == expected


def line(address: str, kind: str = "TCP4") -> bytes:
    return f"PROXY {kind} {address} {address} 5 6\r\n".encode()


@pytest.mark.parametrize(
    ("source", "begin", "expected"),
    [
        (PROXY, line("203.0.113.7"), 200),
        (PROXY, line("2001:db8::1", "TCP6"), 200),
        (PROXY, line("::ffff:203.0.113.7", "TCP6"), 200),
        (PROXY, line("192.0.2.1"), 403),
        (PROXY, b"PROXY UNKNOWN\r\n", 403),
        (OTHER, line("203.0.113.7"), 403),
        (PROXY, b"", 0),
        (PROXY, line("rubbish"), 0),
    ],
)
def test_what_a_connection_begins_with_counts(by_protocol: Stack, source: str, begin: bytes, expected: int) -> None:
    assert status(by_protocol, source, begin, "203.0.113.7") == expected


def test_what_passes_by_way_of_h2c_keeps_its_address(by_protocol: Stack) -> None:
    """As far as the first frame of an answer: 200 would be HTTP/2 of a caller from elsewhere, too."""
    with socket.create_connection(("127.0.0.1", by_protocol.ingress), 20, source_address=(PROXY, 0)) as connection:
        connection.sendall(line("203.0.113.7") + STOCK)
        assert connection.recv(9)[3] == 4  # SETTINGS


def test_nobody_is_believed_unasked(stack: Stack) -> None:
    stack.add_key(1, "full", restrictions={"networks": FAR})
    stack.start()
    for source in (PROXY, "127.0.0.1"):
        assert status(stack, source, b"", "203.0.113.7") == 403
    refused = ask(stack.ingress, "/S/h", host=stack.host(1), token=TOKEN, headers=[("X-Real-IP", "203.0.113.7")])
    refused.assert_refusal(403)
    assert "127.0.0.1" in refused.json["message"]
