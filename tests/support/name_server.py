"""DNS for a network of a test's own: every name is loopback, and some name services (SRV)."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Services = Mapping[str, Sequence[tuple[str, int]]]
"""Name → target and port of each SRV record."""


def start(services: Services, address: str = "127.0.0.1") -> None:
    """On port 53 (UDP) of a loopback address, until this process ends."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind((address, 53))
    Thread(target=_serve, args=(listener, services), daemon=True).start()


def _serve(listener: socket.socket, services: Services) -> None:
    while True:
        question, sender = listener.recvfrom(4096)
        listener.sendto(_answer(dns.message.from_wire(question), services).to_wire(), sender)


def _answer(query: dns.message.Message, services: Services) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    (asked,) = query.question
    records = services.get(asked.name.to_text(omit_final_dot=True), ())
    if asked.rdtype == dns.rdatatype.SRV and records:
        texts = [f"0 0 {port} {target}." for target, port in records]
        answer.answer.append(dns.rrset.from_text_list(asked.name, 60, dns.rdataclass.IN, dns.rdatatype.SRV, texts))
    elif asked.rdtype == dns.rdatatype.SRV:
        answer.set_rcode(dns.rcode.NXDOMAIN)
    elif asked.rdtype == dns.rdatatype.A:
        answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", "127.0.0.1"))
    return answer
