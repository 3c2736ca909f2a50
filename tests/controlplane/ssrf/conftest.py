"""A name server of the tests' own in the place of the system's, and an ear for every connection that is tried."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from controlplane.core.ids import label
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp
from tests.controlplane.ssrf.cases import ZONE, Case, cases


class NameServer:
    """Knows a zone, and which names it was asked for (UDP, on loopback)."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        Thread(target=self._serve, daemon=True).start()

    def addresses(self, host: str) -> list[str]:
        """As a resolver asks for them."""
        found: list[str] = []
        for kind in ("A", "AAAA"):
            query = dns.message.make_query(host, kind)
            answer = dns.query.udp(query, "127.0.0.1", timeout=10, port=self.port)
            found += [
                str(one) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.from_text(kind) for one in rrset
            ]
        return found

    def _serve(self) -> None:
        while True:
            question, sender = self.socket.recvfrom(4096)
            self.socket.sendto(self._answer(dns.message.from_wire(question)).to_wire(), sender)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        (asked,) = query.question
        kind, name = dns.rdatatype.to_text(asked.rdtype), asked.name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        if name not in ZONE:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        while alias := next((value for one, value in ZONE.get(name, []) if one == "CNAME"), None):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", "CNAME", alias))
            name = alias.rstrip(".")
        for value in [value for one, value in ZONE.get(name, []) if one == kind]:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 1, "IN", kind, value))
        return answer


class Dials:
    """Every connection that this process tries to make (sys.audit), but for those to the tests' own servers."""

    def __init__(self) -> None:
        self.tried: list[Any] = []
        self.listening = False
        self.known: set[int] = set()
        self.answers: socket.socket | None = None

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook, which cannot be taken away again."""
        if not self.listening or event not in {"socket.connect", "socket.sendto"} or arguments[0] is self.answers:
            return
        address = arguments[1]
        if isinstance(address, tuple) and address[1] not in self.known:
            self.tried.append(address)


_dials = Dials()
sys.addaudithook(_dials.hear)


@pytest.fixture(scope="session")
def name_server() -> NameServer:
    return NameServer()


@pytest.fixture
def dials(name_server: NameServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dials]:
    """From now on names are asked for of `name_server` only."""
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else str(host)
        if text.rstrip(".").rpartition(".")[2].lower() == "localhost":
            return real(host, port, *rest, **named)
        try:
            return real(host, port, *rest, **{**named, "flags": socket.AI_NUMERICHOST})
        except socket.gaierror:
            found = name_server.addresses(text.rstrip("."))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [entry for one in found for entry in real(one, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    # The broker of these tests is at a port where nothing is.
    _dials.known, _dials.answers = {name_server.port, 1}, name_server.socket
    _dials.tried, _dials.listening = [], True
    yield _dials
    _dials.listening = False


@dataclass
class Tenant:
    """Of a plane in production, whose operator has refused a network."""

    person: Person
    account: str
    environment_id: str
    node: Node
    proxy: str
    other: str
    found: list[Case] = field(default_factory=list)

    def admitted(self, route: str, body: str) -> bool:
        """What the edge is told."""
        ask = {"environmentId": self.environment_id, "route": route, "body": body}
        answer = self.node.call("POST", "/admission", json=ask)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["admitted"])


@pytest.fixture
def tenant(signed_up: SignedUp, node: Node, configured: Callable[..., None], dials: Dials) -> Tenant:
    configured(loopback_mode="false", outbound_refused_networks="198.51.100.0/24,203.0.113.0/24")
    ada = signed_up("ada")
    account = ada.account()
    made, other = (
        ada.post(f"/accounts/{account}/environments", {"name": name}).json()["environmentId"] for name in ("a", "b")
    )
    shown = ada.get(f"/accounts/{account}/environments/{made}").json()
    proxy = shown["tunnels"]["proxyBaseUrl"] if "tunnels" in shown else "https://tunnel.local.restate.localhost:9080"
    dials.tried.clear()
    return Tenant(ada, account, made, node, proxy, label(other), cases(proxy, label(other)))
