"""Asking the DNS for the record that proves a domain (RFC 1035 TXT)."""

import dns.exception
import dns.resolver

from controlplane.domains.errors import DnsUnavailable
from controlplane.settings import settings

LABEL = "_restate-cloud"
_SECONDS = 4.0


def record_name(domain: str) -> str:
    return f"{LABEL}.{domain}"


def holds(domain: str, value: str) -> bool:
    """Whether the domain's record has this value among its own. Raises `DnsUnavailable`."""
    return value in _texts(record_name(domain))


def _texts(name: str) -> set[str]:
    try:
        answer = _resolver().resolve(f"{name}.", "TXT", lifetime=_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return set()
    except dns.exception.DNSException as error:
        raise DnsUnavailable(name) from error
    return {b"".join(record.strings).decode(errors="replace") for record in answer}


def _resolver() -> dns.resolver.Resolver:
    address = settings().dns_resolver
    if address is None:
        return dns.resolver.Resolver()
    host, _, port = address.rpartition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host.strip("[]")], int(port)
    return resolver
