"""A small authoritative DNS server on loopback: real packets, whatever records a test wants."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class NameServer:
    """`records`: TXT values by name. While `rcode` is set, it is all the answer there is."""

    address: str
    records: dict[str, list[str]] = field(default_factory=dict)
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    asked: list[str] = field(default_factory=list)

    def answer(self, packet: bytes) -> bytes:
        query = dns.message.from_wire(packet)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        values = self.records.get(name, [])
        answer.set_rcode(self.rcode if self.rcode or values else dns.rcode.NXDOMAIN)
        if values and not self.rcode:
            texts = [" ".join(f'"{part}"' for part in value.split("|")) for value in values]
            answer.answer.append(dns.rrset.from_text_list(f"{name}.", 60, "IN", "TXT", texts))
        return answer.to_wire()


@contextmanager
def running() -> Iterator[NameServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        server = NameServer(f"127.0.0.1:{udp.getsockname()[1]}")

        def serve() -> None:
            while True:
                packet, client = udp.recvfrom(4096)
                if not packet:
                    return
                udp.sendto(server.answer(packet), client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        udp.sendto(b"", udp.getsockname())
        thread.join(10)
