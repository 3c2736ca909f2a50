"""Which slots and loopback ports a configuration should declare, and which of the ports can be had."""

from __future__ import annotations

import socket
from collections.abc import Iterable

import structlog

from envrunner.edge import compact
from envrunner.edge.rendering import SPARE, Addresses, Rendering
from envrunner.edge.tables import Route, Tables

_log = structlog.get_logger(__name__)
_FEW = 16


def wanted(addresses: Addresses, routes: Iterable[Route]) -> list[int]:
    """The ports in use and `SPARE` pairs beyond the highest one."""
    used = {port for route in routes for port in compact.ports_of(route)}
    top = max([addresses.ports_from, *(port + 1 for port in used)]) + 2 * SPARE
    shared = {addresses.ingress_port, addresses.admin_port}
    return sorted((used | set(range(addresses.ports_from, min(top, 65_535)))) - shared)


def needs_more(tables: Tables, loaded: Rendering) -> bool:
    """Whether spare slots or ports run low, or a port in use is not declared."""
    if tables.next_slot + _FEW > loaded.last_slot + 1:
        return True
    used = {port for route in tables.routes().values() for port in compact.ports_of(route)}
    return bool(used) and (not used <= set(loaded.ports) or max(used) + 2 * _FEW > max(loaded.ports))


def plan(tables: Tables, addresses: Addresses, held: Iterable[int]) -> tuple[list[int], Rendering]:
    """The slots and the rendering to write now. Ports in ``held`` are this nginx's own already."""
    last = tables.next_slot - 1 + SPARE
    slots = [*tables.slots().values(), *range(tables.next_slot, last + 1)]
    ports = free(addresses.host, wanted(addresses, tables.routes().values()), set(held))
    return slots, Rendering(last, ports)


def free(host: str, ports: Iterable[int], held: set[int]) -> list[int]:
    """Without those another program holds: one such port must not take the whole edge down."""
    usable = [port for port in ports if port in held or can_bind(host, port)]
    taken = sorted(set(ports) - set(usable))
    if taken:
        _log.warning("environment ports are held by another program", ports=taken)
    return usable


def can_bind(host: str, port: int) -> bool:
    """Whether a listener could be put there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
        return True
