"""One policy for everything an environment reaches: the operator's defaults and the environment's additions.

Administrators of an account may add what their operator lets them (`grantable`); anything else an operator adds. A
tenant who could open the operator's network for themselves would have no wall around them.
"""

from ipaddress import ip_network

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.destinations import LOOPBACK, METADATA, PRIVATE, Destinations, Network
from controlplane.core.errors import NotFound
from controlplane.environments import repository as environment_rows
from controlplane.environments import service as environments
from controlplane.outbound_policy import repository
from controlplane.outbound_policy.errors import OperatorMustAllow
from controlplane.outbound_policy.models import OutboundPolicy
from controlplane.outbound_policy.schemas import OutboundAdditions, OutboundDefaults, OutboundPolicyView
from controlplane.settings import settings


def view(session: Session, by: Principal, account_id: str, environment_id: str) -> OutboundPolicyView:
    """Raises `NotFound`."""
    environments.get(session, by, account_id, environment_id)
    return _view(repository.find(session, environment_id))


def put(
    session: Session, by: Principal, account_id: str, environment_id: str, wanted: OutboundAdditions
) -> OutboundPolicyView:
    """Raises `NotFound`, `OperatorMustAllow`."""
    if environment_rows.find_locked(session, by, account_id, environment_id) is None:
        raise NotFound("environment")
    row = repository.find(session, environment_id)
    if not by.operator:
        _check_grantable(wanted, row)
    if row is None:
        row = OutboundPolicy(environment_id=environment_id)
        session.add(row)
    row.networks, row.hosts = sorted(set(wanted.networks)), sorted(set(wanted.hosts))
    row.updated_by, row.updated_at = by.user_id, clock.now()
    details = {"networks": row.networks, "hosts": row.hosts}
    audit.record(session, by, "outbound_policy.update", environment_id, account_id, details)
    session.flush()
    return _view(row)


def destinations(session: Session, environment_id: str) -> Destinations:
    """What the environment may reach as of now."""
    row, s = repository.find(session, environment_id), settings()
    return Destinations(
        networks=_default_networks() + tuple(ip_network(text) for text in (row.networks if row else ())),
        hosts=tuple(row.hosts if row else ()),
        plain_http=s.loopback_mode,
        refused=s.outbound_refused_networks,
        own_ports=_own_ports(session),
        own_zone=s.domain,
    )


def grantable() -> tuple[Network, ...]:
    """What administrators may add by themselves; on a machine of one's own, its private networks."""
    chosen = settings().outbound_grantable_networks
    return chosen if chosen is not None else PRIVATE if settings().is_tried_out else ()


def _default_networks() -> tuple[Network, ...]:
    own = LOOPBACK if settings().is_tried_out else ()
    return settings().outbound_allowed_networks + own


def _own_ports(session: Session) -> frozenset[int]:
    """All but the tunnel proxy's, which engines are meant to call: it asks for their signature."""
    s = settings()
    pairs = [s.environment_ports_from + 2 * index for index in repository.held_port_indexes(session)]
    environments_own = [port for first in pairs for port in (first, first + 1)]
    own = {s.api_port, s.ingress_port, s.admin_port, s.relay_port, *environments_own}
    return frozenset(own | ({s.tls_port} if s.tls_certificate else set()))


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
    defaults = OutboundDefaults(
        networks=[str(one) for one in _default_networks()],
        plain_http=settings().loopback_mode,
        grantable_networks=[str(one) for one in grantable()],
    )
    return OutboundPolicyView(
        networks=row.networks if row else [],
        hosts=row.hosts if row else [],
        defaults=defaults,
        updated_by=row.updated_by if row else None,
        updated_at=row.updated_at if row else None,
    )
