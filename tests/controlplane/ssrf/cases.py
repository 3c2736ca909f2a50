"""The corpus: addresses that nobody may have an engine or the plane call, and the names in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from controlplane.settings import settings

_FILE = Path(__file__).with_name("cases.txt")
_ESCAPED = str.maketrans({'"': '\\"'})
PUBLIC = "93.184.216.34"
ZONE: dict[str, list[tuple[str, str]]] = {
    "private.example.com": [("A", "10.0.0.1")],
    "mixed.example.com": [("A", PUBLIC), ("A", "10.0.0.1")],
    "six.example.com": [("A", PUBLIC), ("AAAA", "fd12::1")],
    "alias.example.com": [("CNAME", "private.example.com.")],
    "far.example.com": [("CNAME", "alias.example.com.")],
    "mapped.example.com": [("AAAA", "::ffff:10.0.0.1")],
    "nat64.example.com": [("AAAA", "64:ff9b::a00:1")],
    "10.0.0.1.nip.example.net": [("A", "10.0.0.1")],
    "app-169-254-169-254.nip.example.net": [("A", "169.254.169.254")],
    "wild.private.example.com.nip.example.net": [("A", "192.168.7.7")],
    "changed.example.com": [("A", "10.0.0.1")],
    "unspecified.example.com": [("A", "0.0.0.0")],
    "metadata.google.internal": [("A", "169.254.169.254")],
    "metadata.azure.internal": [("A", "169.254.169.254")],
    "public.example.com": [("A", PUBLIC)],
}


@dataclass(frozen=True)
class Case:
    """`broker` is what of the address could stand in a list of Kafka brokers; null when nothing could."""

    url: str
    why: str

    @property
    def broker(self) -> str | None:
        scheme, found, rest = self.url.partition("://")
        authority = rest.partition("/")[0]
        return authority if found and scheme.lower() == "https" and authority else None


def cases(proxy: str, other: str) -> list[Case]:
    """`proxy`: the tunnel proxy's URL; `other`: the label of another tenant's environment."""
    s = settings()
    names = {"proxy": proxy, "other": other, "api": s.api_port, "admin": s.admin_port, "ingress": s.ingress_port}
    lines = [line for line in _FILE.read_text().splitlines() if line and not line.startswith("#")]
    found = []
    for line in lines:
        address, _, why = line.rpartition("  ")
        url: str = json.loads(f'"{address.translate(_ESCAPED)}"')
        for name, value in {**names, "relay": s.relay_port}.items():
            url = url.replace(f"{{{name}}}", str(value))
        found.append(Case(url, why))
    return found
