"""The nginx configuration as text: a pure function of the layout, the slots and the ports."""

from __future__ import annotations

import os
import re
import resource
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from envrunner.edge import answers, locations, nginx
from envrunner.edge.layout import EdgeLayout

SPARE = 64
"""Slots and port pairs declared beyond those in use, so that a new environment needs no reload."""
_HERE = Path(__file__).parent
_CONNECTIONS = 8192
_MOST_PRIOR, _MOST_PRIOR_EACH = 1024, 256
"""Connections that `envrunner.h2c` carries at once, in all and of one address."""


@dataclass(frozen=True)
class Rendering:
    """What one rendered configuration declares. ``identity`` tells whether a reload has taken effect."""

    last_slot: int
    ports: list[int]
    identity: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True)
class Addresses:
    """Where the edge listens. Environment ports count in steps of two: even offset ingress, odd admin.

    ``query_seconds``: how long a SQL query may go without an answer there, whatever its environment allows.
    """

    host: str
    ingress_port: int
    admin_port: int
    ports_from: int
    query_seconds: int = 60
    trusted_proxies: tuple[str, ...] = ()
    proxy_protocol: bool = False


def to_ranges(ports: Iterable[int]) -> str:
    """Sorted ports as ``8100-8163,8166``: nginx takes no parameter of more than 4 KiB."""
    ranges: list[list[int]] = []
    for port in ports:
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1][1] = port
        else:
            ranges.append([port, port])
    return ",".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges)


def from_ranges(text: str) -> list[int]:
    """The ports of `to_ranges`."""
    pairs = (part.partition("-") for part in text.split(",") if part)
    return [port for first, _, last in pairs for port in range(int(first), int(last or first) + 1)]


def write(layout: EdgeLayout, addresses: Addresses, slots: Iterable[int], rendering: Rendering) -> None:
    """Put the configuration in place, whole or not at all."""
    temporary = layout.configuration.with_suffix(f".{os.getpid()}")
    temporary.write_text(render(layout, addresses, slots, rendering))
    temporary.chmod(0o600)
    temporary.replace(layout.configuration)


def render(layout: EdgeLayout, addresses: Addresses, slots: Iterable[int], rendering: Rendering) -> str:
    """The whole configuration. Raises ValueError when a path cannot stand in it."""
    account = nginx.worker_account()
    values = {
        "MODULES_LOADED": "\n".join(f'load_module "{one}";' for one in nginx.modules()),
        "RUN": locations.path_of(layout.run),
        "LOGS": locations.quotable(layout.logs),
        "LINES": locations.quotable(layout.lines),
        "CONTROL": locations.path_of(layout.control),
        "GUARD": locations.path_of(layout.guard),
        "ENTRIES": locations.path_of(layout.entries),
        "PRIOR": locations.path_of(layout.h2c),
        "BACK": locations.path_of(layout.back),
        "PHRASE": locations.path_of(layout.phrase),
        "MOST_PRIOR": str(_MOST_PRIOR),
        "MOST_PRIOR_EACH": str(_MOST_PRIOR_EACH),
        "MODULES": locations.quotable(_HERE),
        "USER": f"user {account};" if account else "",
        "FILES": str(_open_files()),
        "CONNECTIONS": str(min(_CONNECTIONS + 3 * len(rendering.ports), _open_files() // 2)),
        "LAST_SLOT": str(rendering.last_slot),
        "RENDERING": rendering.identity,
        "PORTS": to_ranges(rendering.ports),
        "UPSTREAMS": "\n".join(_upstreams(layout, slots)),
        "LISTENS": " ".join((*_listens(addresses, rendering.ports), *_named_by_protocol(addresses))),
        "NAMED": " ".join(_named_by_header(addresses)),
        "PRIOR_LISTENS": " ".join(f"listen {_entry(layout, one)}.h2;" for one in _ports(addresses, rendering.ports)),
        "SERVERS": "\n".join(_servers(layout, addresses, rendering.ports)),
    }
    template = (_HERE / "nginx.conf.template").read_text()
    # All at once: what a value holds is not looked at again.
    return re.sub("@([A-Z_]+)@", lambda found: values[found[1]], template)


def _open_files() -> int:
    return min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _upstreams(layout: EdgeLayout, slots: Iterable[int]) -> Iterable[str]:
    for slot in slots:
        for port in "ia":
            socket = locations.path_of(layout.slots / f"{slot:07}.{port}.sock")
            yield f"    upstream s{slot:07}{port} {{ server unix:{socket}; keepalive 64; }}"


def _ports(addresses: Addresses, ports: Sequence[int]) -> list[int]:
    return [addresses.ingress_port, addresses.admin_port, *ports]


def _listens(addresses: Addresses, ports: Sequence[int]) -> Iterable[str]:
    host = f"[{addresses.host}]" if ":" in addresses.host else addresses.host
    told = " proxy_protocol" if addresses.proxy_protocol else ""
    return (f"listen {host}:{port}{told};" for port in _ports(addresses, ports))


def _named_by_protocol(addresses: Addresses) -> Iterable[str]:
    return _trusted(addresses) if addresses.proxy_protocol else ()


def _named_by_header(addresses: Addresses) -> Iterable[str]:
    if addresses.proxy_protocol or not addresses.trusted_proxies:
        return ()
    return (*_trusted(addresses), "real_ip_header X-Forwarded-For;", "real_ip_recursive on;")


def _trusted(addresses: Addresses) -> Iterable[str]:
    return (f"set_real_ip_from {network};" for network in addresses.trusted_proxies)


def _entry(layout: EdgeLayout, port: int) -> str:
    return f"unix:{locations.path_of(layout.entries)}/{port}"


def _servers(layout: EdgeLayout, addresses: Addresses, ports: Sequence[int]) -> Iterable[str]:
    seconds = addresses.query_seconds
    tells = locations.told(layout)
    yield _server([_entry(layout, addresses.ingress_port)], locations.of_calls("sharedIngress", layout), tells)
    yield _server(
        [_entry(layout, addresses.admin_port)], locations.of_admin("sharedAdmin", "sharedPort", layout, seconds)
    )
    ingress = [_entry(layout, port) for port in ports if (port - addresses.ports_from) % 2 == 0]
    admin = [_entry(layout, port) for port in ports if (port - addresses.ports_from) % 2]
    if ingress:
        yield _server(ingress, locations.of_calls("ownIngress", layout), tells)
    if admin:
        yield _server(admin, locations.of_admin("ownAdmin", "ownPort", layout, seconds))


def _server(listens: Sequence[str], ways: Iterable[str], tells: str = "") -> str:
    """``tells``: what makes answers of nginx's own known to the environment's log, where the server does not anyway."""
    lines = [*(f"listen {listen};" for listen in listens), "http2 on;", *ways]
    lines += (f"error_page {code} = /.edge/{code};" for code, _, _ in answers.ERRORS)
    # Not named locations: those need a URI, and a request that is refused early has none yet.
    said = (
        f"location = /.edge/{code} {{ internal; {answers.answer(status, message)} }}"
        for code, status, message in answers.ERRORS
    )
    lines += [f"location ^~ /.edge/ {{ internal; {tells}", *said, "}"]
    lines += ["error_page 502 503 = @unreachable;", f"location @unreachable {{ {tells} {answers.unreachable()} }}"]
    return "    server {\n" + "\n".join(f"        {line}" for line in lines) + "\n    }"
