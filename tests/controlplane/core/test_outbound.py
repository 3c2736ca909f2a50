"""Calling addresses that a tenant chose: what is refused before a connection, and what no answer can do to us."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import httpx2
import pytest

from controlplane.core import outbound
from controlplane.core.errors import Busy
from controlplane.core.outbound import OutboundFailed
from controlplane.settings import settings

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Peer:
    """Answers every connection with `answer` (bytes, or what writes them); counts them and keeps the requests."""

    def __init__(self) -> None:
        self.answer: bytes | Callable[[socket.socket], None] = ANSWER
        self.requests: list[bytes] = []
        peer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                peer.requests.append(self.request.recv(65536))
                if callable(peer.answer):
                    peer.answer(self.request)
                else:
                    self.request.sendall(peer.answer)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/"


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS", "127.0.0.0/8, 10.1.0.0/16")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def resolving_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Names of other people's resolve to these, one answer after the other; the names that were asked for."""
    left, asked, real = list(answers), [], socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if host[0].isdigit():
            return real(host, port, *rest, **named)
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


NOT_PUBLIC = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::127.0.0.1",
    "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
    "2002:7f00:1::1", "2001::1", "fec0::1", "::ffff:0:7f00:1", "3fff::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address: str) -> None:
    assert outbound.refused(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_that_are(address: str) -> None:
    assert not outbound.refused(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "017700000001"]
)
def test_this_machine_is_not_reached_in_any_spelling(peer: Peer, host: str) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(OutboundFailed):
            outbound.fetch_json(f"{scheme}://{host}:{peer.port}/", tenants=True)
    assert peer.requests == []


def test_the_refusal_says_why(peer: Peer) -> None:
    with pytest.raises(OutboundFailed, match=r"127\.0\.0\.1 leads to 127\.0\.0\.1, which is not a public address"):
        outbound.fetch_json(peer.url, tenants=True)


def test_one_bad_address_among_good_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(OutboundFailed, match="not a public address"):
        outbound.fetch_json("https://idp.example/", tenants=True)


def test_a_name_that_changes_its_mind_gains_nothing(peer: Peer, allowed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked is what is connected to: the name is asked for once."""
    asked = resolving_to(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    assert outbound.fetch_json(f"http://idp.example:{peer.port}/", tenants=True) == {}
    assert asked == ["idp.example"]
    assert f"host: idp.example:{peer.port}".encode() in peer.requests[0].lower()


def test_operators_networks_are_an_exception_and_take_http(peer: Peer, allowed: None) -> None:
    assert outbound.fetch_json(peer.url, tenants=True) == {}
    assert not outbound.refused(ip_address("10.1.2.3"))
    assert outbound.refused(ip_address("10.2.2.3"))


def test_elsewhere_https_is_a_must(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving_to(monkeypatch, ["93.184.216.34"])
    with pytest.raises(OutboundFailed, match="Only https is called"):
        outbound.fetch_json("http://idp.example/", tenants=True)
    with pytest.raises(OutboundFailed, match="Only https is called"):
        outbound.check("http://idp.example/")
    outbound.check("https://idp.example/")


def test_operators_addresses_are_not_checked(peer: Peer) -> None:
    assert outbound.fetch_json(peer.url, tenants=False) == {}


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1", "https://", "https://[::1", "x"]
)
def test_strange_addresses(url: str) -> None:
    with pytest.raises(OutboundFailed):
        outbound.fetch_json(url, tenants=True)


def test_a_redirect_is_not_followed(peer: Peer, allowed: None) -> None:
    peer.answer = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/secret\r\ncontent-length: 0\r\n\r\n"
    with pytest.raises(OutboundFailed, match="HTTP status 302 instead of 200"):
        outbound.fetch_json(peer.url, tenants=True)
    assert len(peer.requests) == 1


def test_no_proxy_of_the_surroundings_is_used(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert outbound.fetch_json(peer.url, tenants=False) == {}


def test_an_endless_answer_is_cut(peer: Peer) -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            return

    peer.answer = endless
    with pytest.raises(OutboundFailed, match="more than 1048576 bytes"):
        outbound.fetch_json(peer.url, tenants=False)


def test_a_compressed_answer_is_not_unpacked(peer: Peer) -> None:
    peer.answer = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"
    with pytest.raises(OutboundFailed, match="compressed"):
        outbound.fetch_json(peer.url, tenants=False)
    assert b"accept-encoding: identity" in peer.requests[0].lower()


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n"])
def test_a_trickle_ends_in_time(peer: Peer, monkeypatch: pytest.MonkeyPatch, begin: bytes) -> None:
    """Each byte comes soon enough; the whole does not."""
    monkeypatch.setattr(outbound, "SECONDS", 0.5)
    over = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(begin)
        while not over.wait(0.05):
            try:
                connection.sendall(b"x")
            except OSError:
                return

    peer.answer = trickle
    began = time.monotonic()
    with pytest.raises(OutboundFailed, match="did not answer in time"):
        outbound.fetch_json(peer.url, tenants=False)
    assert time.monotonic() - began < 20
    over.set()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", "HTTP status 404"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhtml", "not JSON"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + b"[" * 100000, "not JSON"),
        (b"SSH-2.0-x\r\n", "no answer that HTTP permits"),
        (b"", "no answer that HTTP permits"),
    ],
)
def test_what_is_wrong_is_said(peer: Peer, answer: bytes, sentence: str) -> None:
    peer.answer = answer
    with pytest.raises(OutboundFailed, match=sentence):
        outbound.fetch_json(peer.url, tenants=False)


def test_steps_on_the_way_are_told_apart(peer: Peer) -> None:
    with pytest.raises(OutboundFailed, match=r"nowhere\.invalid does not resolve \(DNS\)"):
        outbound.fetch_json("https://nowhere.invalid/", tenants=False)
    with pytest.raises(OutboundFailed, match=r"accepts no connection \(TCP\)"):
        outbound.fetch_json("http://127.0.0.1:1/", tenants=False)
    peer.answer = b"no TLS here"
    with pytest.raises(OutboundFailed, match="speaks no TLS that can be trusted"):
        outbound.fetch_json(peer.url.replace("http", "https"), tenants=False)


def test_places_are_few_and_come_back() -> None:
    with outbound.place("test", 1):
        with pytest.raises(Busy), outbound.place("test", 1):
            pass
        with outbound.place("another", 1):
            pass
    with outbound.place("test", 1):
        pass


def test_one_tenant_leaves_places_for_others() -> None:
    with outbound.place("tests of tenants", 4, "evil"), outbound.place("tests of tenants", 4, "evil"):
        with pytest.raises(Busy), outbound.place("tests of tenants", 4, "evil"):
            pytest.fail("a third place of four")
        with outbound.place("tests of tenants", 4, "good"):
            pass
    with outbound.place("tests of tenants", 4, "evil"):
        pass


def test_a_client_of_another_kind_has_the_same_rules(peer: Peer) -> None:
    with httpx2.Client(transport=outbound.transport(tenants=True)) as client, pytest.raises(httpx2.ConnectError):
        client.get(peer.url)
    assert peer.requests == []
