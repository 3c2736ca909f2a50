"""Keeps the kernel's rules in step with the environments of this node. Ending it leaves the rules in force."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from envrunner import durable
from envrunner.egress import nft
from envrunner.egress.names import Names
from envrunner.egress.rules import Address, Allowance, Node, render
from envrunner.engine.accounts import RANGE, AccountNotHere, AccountsExhausted, EngineAccounts
from envrunner.settings import Settings
from envrunner.wire import Desired, EgressState, Outbound, Spec

_log = structlog.get_logger()

_RESOLVERS = Path("/etc/resolv.conf")
_TABLE, _NAMES = "egress-table", "egress-names.json"


class EgressGuard:
    """Thread-safe. It never raises: what cannot be done is in `state`, and tried again."""

    def __init__(self, settings: Settings, accounts: EngineAccounts) -> None:
        self._settings = settings
        self._accounts = accounts
        self._lock = threading.Lock()
        self._specs: Sequence[Spec] = ()
        self._uids: dict[str, int] = {}
        self._found: dict[str, frozenset[Address]] = {}
        self._names = Names(settings.state_dir / _NAMES, settings.egress_names_seconds)
        self._wanted = ""
        self._in_force: str | None = None
        self._problem: str | None = "the agent has just started"

    @property
    def state(self) -> EgressState:
        """Whether the rules are in force, and if not, why not and what to do."""
        return EgressState(active=self._problem is None, reason=self._problem)

    def expect(self, specs: Iterable[Spec]) -> None:
        """From now on these are the environments."""
        self._specs = [one for one in specs if one.desired is not Desired.ABSENT]

    def enforce(self) -> None:
        """Blocking; when this returns, the kernel knows them. Whoever waited for others meanwhile has nothing to do."""
        self._look_at_names()
        with self._lock:
            # Engines may be talking to them already: rules without them would end that.
            self._found |= {host: _addresses(host) for host in self._unnumbered() - self._found.keys()}
            self._apply()

    def look(self) -> None:
        """Blocking. Ask again for names and for resolvers; put back what somebody else removed."""
        self._look_at_names()
        self._found |= {host: found for host in self._unnumbered() if (found := _addresses(host))}
        with self._lock:
            self._apply(look=True)

    def _look_at_names(self) -> None:
        self._names.look(host for spec in self._specs if spec.outbound for host in spec.outbound.hosts)

    def _apply(self, *, look: bool = False) -> None:
        problem = self._obstacle()
        try:
            if problem is None:
                self._load(look)
        except nft.NftFailed as error:
            problem = str(error)
            self._wanted, self._in_force = "", None
        if problem != self._problem:
            _log.info("egress rules", active=problem is None, reason=problem)
        self._problem = problem

    def _obstacle(self) -> str | None:
        if not self._settings.egress_rules:
            return "ENVRUNNER_EGRESS_RULES switches it off"
        if os.geteuid() != 0:
            return "all engines run as the node's own account: start the node as root"
        return None

    def _load(self, look: bool) -> None:
        specs = self._specs
        wanted = render(self._node(), self._engines(specs))
        if not any(spec.outbound for spec in specs):
            # Nothing to hold yet; whether it will be possible is good to know.
            if self._wanted != wanted:
                nft.load(wanted, check=True)
                self._wanted = wanted
            return
        if wanted == self._wanted and not (look and self._was_changed()):
            return
        durable.write(self._settings.state_dir / _TABLE, self._table())
        self._names.save()
        nft.load(wanted)
        self._wanted, self._in_force = wanted, nft.listing(self._table())

    def _was_changed(self) -> bool:
        """By somebody else: `nft flush ruleset`, which firewalls do when they start, takes everybody's rules."""
        return self._in_force is None or nft.listing(self._table()) != self._in_force

    def _table(self) -> str:
        return f"restate_engines_{self._accounts.first}"

    def _node(self) -> Node:
        first = self._accounts.first
        return Node(self._table(), range(first, first + RANGE), _resolvers())

    def _engines(self, specs: Sequence[Spec]) -> dict[int, Allowance | None]:
        ports = frozenset(port for spec in specs for port in _own_ports(spec))
        return {
            uid: self._allowance(spec.outbound, ports) if spec.outbound else None
            for spec in specs
            if (uid := self._uid(spec.label)) is not None
        }

    def _allowance(self, outbound: Outbound, ports: frozenset[int]) -> Allowance:
        proxy = urlsplit(outbound.tunnel_proxy)
        port = proxy.port or (443 if proxy.scheme == "https" else 80)
        addresses = _literal(proxy.hostname or "") or self._found.get(proxy.hostname or "", frozenset())
        return Allowance(
            outbound.networks,
            outbound.refused_networks,
            ports.union(outbound.refused_ports),
            frozenset((address, port) for address in addresses),
            frozenset(address for host in outbound.hosts for address in self._names.addresses(host)),
        )

    def _uid(self, label: str) -> int | None:
        if label not in self._uids:
            try:
                uid = self._accounts.of(label)
            except (AccountsExhausted, AccountNotHere, OSError):
                # Its engine will not start either, and say so.
                return None
            assert uid is not None  # noqa: S101 - the node is root
            self._uids[label] = uid
        return self._uids[label]

    def _unnumbered(self) -> set[str]:
        urls = {spec.outbound.tunnel_proxy for spec in self._specs if spec.outbound}
        return {host for url in urls if (host := urlsplit(url).hostname) and not _literal(host)}


def remove(state_dir: Path) -> None:
    """What a node of this state directory has left in the kernel. Nothing else is touched. Raises `nft.NftFailed`."""
    try:
        table = (state_dir / _TABLE).read_text()
    except FileNotFoundError:
        return
    nft.delete(table)
    (state_dir / _TABLE).unlink()


def _own_ports(spec: Spec) -> list[int]:
    """Where the edge listens for an environment."""
    return [port for url in (spec.ingress_url, spec.admin_url) if (port := urlsplit(url).port)]


def _literal(host: str) -> frozenset[Address]:
    try:
        return frozenset({ip_address(host)})
    except ValueError:
        return frozenset()


def _addresses(host: str) -> frozenset[Address]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)


def _resolvers() -> frozenset[Address]:
    """resolv.conf(5); without any the C library asks this host."""
    try:
        lines = [line.split() for line in _RESOLVERS.read_text().splitlines()]
    except OSError:
        lines = []
    named = [words[1].partition("%")[0] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    return frozenset(address for one in named for address in _literal(one)) or _literal("127.0.0.1")
