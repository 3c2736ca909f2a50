"""An environment's entry in the edge's routing table."""

from typing import Any

from sqlalchemy.orm import Session

from controlplane.core.ids import label
from controlplane.edge_log import Table, publish
from controlplane.environments import addresses
from controlplane.environments.models import Environment
from controlplane.environments.status import Status


def route(environment: Environment) -> dict[str, Any]:
    """The value of docs/wire.md's `routes` table."""
    urls = addresses.of(environment)
    return {
        "accountId": environment.account_id,
        "status": "DELETED" if environment.status == Status.DELETED else "ON",
        "ingressPort": urls.ingress_port,
        "adminPort": urls.admin_port,
        "requestsPerSecond": environment.requests_per_second,
        "requestSizeLimitBytes": environment.request_size_limit_bytes,
    }


def publish_route(session: Session, environment: Environment) -> None:
    publish(session, Table.ROUTES, label(environment.environment_id), route(environment))


def withdraw_route(session: Session, environment: Environment) -> None:
    publish(session, Table.ROUTES, label(environment.environment_id), None)
