"""One policy for everything an environment reaches: the operator's defaults and the environment's additions.

Administrators of an account may add what their operator lets them (`grantable`); anything else an operator adds. A
tenant who could open the operator's network for themselves would have no wall around them.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.destinations import LOOPBACK, METADATA, PRIVATE, Destinations, Network
from controlplane.core.errors import NotFound
from controlplane.core.queue import nudge
from controlplane.environments import repository as environment_rows
from controlplane.environments import service as environments
from controlplane.environments.models import Environment
from controlplane.environments.status import Desired
from controlplane.outbound_policy import repository
from controlplane.outbound_policy.errors import OperatorMustAllow
from controlplane.outbound_policy.models import OutboundPolicy
from controlplane.outbound_policy.schemas import OutboundAdditions, OutboundDefaults, OutboundPolicyView
from controlplane.runners import service as runners
from controlplane.settings import settings

HOST = "operator"
"""Who changed a policy from the plane's host, where nobody is signed in."""
MOST_NAMES = 100
"""Of one environment, below `*.`; the host asks for each again and again."""
_USUAL_PORTS = {"postgresql": 5432, "redis": 6379, "rediss": 6379}


@dataclass(frozen=True)
class Reach:
    """`networks` beside public addresses, and where `hosts` lead; `refused_ports` at the environment's own host."""

    networks: tuple[Network, ...]
    hosts: tuple[str, ...]
    refused_networks: tuple[Network, ...]
    refused_ports: tuple[int, ...]


def view(session: Session, by: Principal, account_id: str, environment_id: str) -> OutboundPolicyView:
    """Raises `NotFound`."""
    environments.get(session, by, account_id, environment_id)
    return _view(repository.find(session, environment_id))


def put(
    session: Session, by: Principal, account_id: str, environment_id: str, wanted: OutboundAdditions
) -> OutboundPolicyView:
    """Raises `NotFound`, `OperatorMustAllow`."""
    environment = environment_rows.find_locked(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    row = repository.find(session, environment_id)
    if not by.operator:
        _check_grantable(wanted, row)
    return _view(_replace(session, by, environment, row, wanted))


def view_of_any(session: Session, environment_id: str) -> OutboundPolicyView:
    """For whoever operates this plane from its host. Raises `NotFound`."""
    _any(session, environment_id)
    return _view(repository.find(session, environment_id))


def change_any(
    session: Session, environment_id: str, change: Callable[[OutboundAdditions], OutboundAdditions]
) -> OutboundPolicyView:
    """`change` gets what there is. For whoever operates this plane from its host. Raises `NotFound`."""
    environment = _any(session, environment_id)
    row = repository.find(session, environment_id)
    before = OutboundAdditions(networks=row.networks, hosts=row.hosts) if row else OutboundAdditions()
    return _view(_replace(session, None, environment, row, change(before)))


def defaults() -> OutboundDefaults:
    """The operator's rules."""
    return OutboundDefaults(
        networks=[str(one) for one in _default_networks()],
        plain_http=settings().is_tried_out,
        grantable_networks=[str(one) for one in grantable()],
    )


def destinations(session: Session, environment_id: str) -> Destinations:
    """What the environment may reach as of now."""
    row, s = repository.find(session, environment_id), settings()
    return Destinations(
        networks=_networks(row),
        hosts=tuple(row.hosts if row else ()),
        plain_http=s.is_tried_out,
        refused=s.outbound_refused_networks,
        own_ports=_own_ports(session),
        own_zone=s.domain,
    )


def reach(row: OutboundPolicy | None, names: Iterable[str] = ()) -> Reach:
    """The same for the kernel of the environment's host.

    Packets carry no names: where one leads, the host asks. Nobody can list those below `*.`, so it asks for those that
    were admitted (`names`).
    """
    may = Destinations(hosts=tuple(row.hosts if row else ()))
    exact = [host for host in may.hosts if not host.startswith("*.")]
    return Reach(
        networks=_networks(row),
        hosts=tuple(exact + [name for name in names if may.is_below(name)]),
        refused_networks=settings().outbound_refused_networks,
        refused_ports=tuple(sorted(_plane_ports())),
    )


def admitted(session: Session, environment_id: str, names: Collection[str]) -> None:
    """The environment's services have these names, which a `*.` allows: the kernel of its host is to learn of them."""
    repository.keep_names(session, environment_id, names, clock.now(), MOST_NAMES)
    environment = session.get_one(Environment, environment_id)
    nudge(session, environments.CONVERGE, environment_id, queue=runners.queue(environment.runner_id))


def forget(session: Session, environment_id: str) -> None:
    """The environment is gone."""
    repository.forget_names(session, environment_id)


def grantable() -> tuple[Network, ...]:
    """What administrators may add by themselves; on a machine of one's own, its private networks."""
    chosen = settings().outbound_grantable_networks
    return chosen if chosen is not None else PRIVATE if settings().is_tried_out else ()


def _any(session: Session, environment_id: str) -> Environment:
    environment = environment_rows.any_locked(session, environment_id)
    if environment is None or environment.desired == Desired.ABSENT:
        raise NotFound("environment")
    return environment


def _replace(
    session: Session, by: Principal | None, environment: Environment, row: OutboundPolicy | None,
    wanted: OutboundAdditions,
) -> OutboundPolicy:  # fmt: skip
    """The admission knows with the commit, the kernel of the environment's host a moment later."""
    environment_id = environment.environment_id
    before = {"networks": row.networks, "hosts": row.hosts} if row else {}
    if row is None:
        row = OutboundPolicy(environment_id=environment_id)
        session.add(row)
    row.networks, row.hosts = sorted(set(wanted.networks)), sorted(set(wanted.hosts))
    row.updated_by, row.updated_at = by.user_id if by else HOST, clock.now()
    details = {"networks": row.networks, "hosts": row.hosts}
    details |= audit.change(before, details)
    audit.record(session, by, "outbound_policy.update", environment_id, environment.account_id, details)
    nudge(session, environments.CONVERGE, environment_id, queue=runners.queue(environment.runner_id))
    session.flush()
    return row


def _networks(row: OutboundPolicy | None) -> tuple[Network, ...]:
    return _default_networks() + tuple(ip_network(text) for text in (row.networks if row else ()))


def _default_networks() -> tuple[Network, ...]:
    own = LOOPBACK if settings().is_tried_out else ()
    return settings().outbound_allowed_networks + own


def _own_ports(session: Session) -> frozenset[int]:
    """All but the tunnel proxy's, which engines are meant to call: it asks for their signature."""
    pairs = [settings().environment_ports_from + 2 * index for index in repository.held_port_indexes(session)]
    return _plane_ports().union(port for first in pairs for port in (first, first + 1))


def _plane_ports() -> frozenset[int]:
    """The same without those of single environments."""
    s = settings()
    servers = {port for url in (s.database_url, s.redis_url) if (port := _port_of(url))}
    own = {s.api_port, s.ingress_port, s.admin_port, s.relay_port, *servers}
    return frozenset(own | ({s.tls_port} if s.tls_certificate else set()))


def _port_of(url: str) -> int | None:
    """Null for a unix socket, and for a list of hosts."""
    parts = urlsplit(url)
    with suppress(ValueError):
        return parts.port or (_USUAL_PORTS.get(parts.scheme.partition("+")[0]) if parts.hostname else None)
    return None


def _check_grantable(wanted: OutboundAdditions, row: OutboundPolicy | None) -> None:
    """What is there already may stay: an operator put it there, or it was grantable."""
    kept = set(row.networks) | set(row.hosts) if row else set()
    beyond = [text for text in wanted.networks if text not in kept and not _is_grantable(ip_network(text))]
    beyond += [text for text in wanted.hosts if text not in kept and not all(map(_is_grantable, PRIVATE))]
    if beyond:
        raise OperatorMustAllow(
            f"Only operators of this plane may allow {', '.join(beyond)}. Ask one of them, or use a tunnel."
        )


def _is_grantable(network: Network) -> bool:
    if any(network == ip_network(address) for address in METADATA):
        return False
    return any(network.version == one.version and network.subnet_of(one) for one in grantable())  # type: ignore[arg-type]


def _view(row: OutboundPolicy | None) -> OutboundPolicyView:
    return OutboundPolicyView(
        networks=row.networks if row else [],
        hosts=row.hosts if row else [],
        defaults=defaults(),
        updated_by=row.updated_by if row else None,
        updated_at=row.updated_at if row else None,
    )
