"""What relay nodes say of the tunnels they hold, and showing it to members."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.environments import service as environments
from controlplane.tunnels import repository
from controlplane.tunnels.models import Tunnel
from controlplane.tunnels.schemas import TunnelReports, TunnelView, moment

SILENT = timedelta(seconds=30)
"""A node that says nothing for so long holds nothing any more."""


def take(reports: TunnelReports) -> None:
    """In a transaction of its own. Tunnels of environments that are no more are passed over."""
    now = clock.now()
    with transaction() as session:
        known = repository.living(session, {one.environment_id for one in reports.items})
        rows = {(one.environment_id, one.name): one for one in reports.items if one.environment_id in known}
        shared = {"node": reports.node, "reported_at": now}
        repository.replace(session, reports.node, [shared | one.model_dump(by_alias=False) for one in rows.values()])


def tunnels(session: Session, by: Principal, account_id: str, environment_id: str) -> list[TunnelView]:
    """By name. Raises `NotFound`, `PermissionDenied`."""
    by.check(Permission.ENVIRONMENT_READ, account_id)
    environments.get(session, by, account_id, environment_id)
    rows = repository.of_environment(session, environment_id)
    return [_together(list(group)) for _, group in groupby(rows, key=lambda row: row.name)]


def _together(rows: Sequence[Tunnel]) -> TunnelView:
    heard = clock.now() - SILENT
    live = [row for row in rows if row.reported_at >= heard]
    connections = sum(row.connections for row in live)
    failed = max(rows, key=lambda row: moment(row.last_failure_at))
    return TunnelView(
        name=rows[0].name,
        connections=connections,
        since=min(row.since for row in rows),
        gone_at=None if connections else max(row.gone_at or row.reported_at for row in rows),
        open_requests=sum(row.open_requests for row in live),
        requests=sum(row.requests for row in rows),
        errors=sum(row.errors for row in rows),
        bytes_to_service=sum(row.bytes_to_service for row in rows),
        bytes_from_service=sum(row.bytes_from_service for row in rows),
        last_failure=failed.last_failure,
        last_failure_at=failed.last_failure_at,
    )
