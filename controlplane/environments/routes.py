"""An environment's entry in the edge's routing table."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from controlplane.core.ids import label
from controlplane.edge_log import Table, publish
from controlplane.environments import addresses, repository
from controlplane.environments.effective import effective
from controlplane.environments.identity import KeyState
from controlplane.environments.models import Environment, IdentityKey
from controlplane.environments.status import Status

_STATUSES = {Status.DELETED: "DELETED", Status.SUSPENDED: "OFF"}


def route(environment: Environment, signing_public_keys: Sequence[str]) -> dict[str, Any]:
    """The value of docs/wire.md's `routes` table; the keys are those that the engine may sign its calls with."""
    urls = addresses.of(environment)
    return {
        "accountId": environment.account_id,
        "status": _STATUSES.get(Status(environment.status), "ON"),
        "ingressPort": urls.ingress_port,
        "adminPort": urls.admin_port,
        **effective(environment).document(),
        "readOnly": environment.read_only,
        "signingPublicKeys": list(signing_public_keys),
    }


def signing_public_keys(keys: Mapping[str, IdentityKey]) -> list[str]:
    """All that live, the one that signs first.

    The next key is among them before any engine signs with it: so no relay can be late, and it can be tried by tunnel.
    """
    order = (KeyState.CURRENT, KeyState.NEXT, KeyState.PREVIOUS)
    return [keys[state].public_key for state in order if state in keys]


def publish_route(session: Session, environment: Environment) -> None:
    keys = repository.identity_keys(session, environment.environment_id)
    publish(session, Table.ROUTES, label(environment.environment_id), route(environment, signing_public_keys(keys)))


def withdraw_route(session: Session, environment: Environment) -> None:
    publish(session, Table.ROUTES, label(environment.environment_id), None)
