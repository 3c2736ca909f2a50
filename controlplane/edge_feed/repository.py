"""Reading the change log and the state behind it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, or_, select, text
from sqlalchemy.orm import Session

from controlplane.api_keys import service as api_keys
from controlplane.api_keys.models import ApiKey
from controlplane.core import clock, tokens
from controlplane.core.ids import label
from controlplane.core.secret_files import encode
from controlplane.edge_log.models import EdgeChange, EdgeSequence
from controlplane.edge_log.service import Table
from controlplane.environments import repository as environments
from controlplane.environments.models import Environment
from controlplane.environments.routes import route, signing_public_keys
from controlplane.login import sessions
from controlplane.login.models import AccessToken
from controlplane.members import repository as members
from controlplane.workload_identity import access as workloads

Entries = Iterator[tuple[str, dict[str, Any] | str]]
MOST_CHANGES = 1000


def sequence(session: Session) -> int:
    return session.scalars(select(EdgeSequence.value)).one()


def changes(session: Session, after: int) -> list[EdgeChange]:
    query = select(EdgeChange).where(EdgeChange.sequence > after).order_by(EdgeChange.sequence).limit(MOST_CHANGES)
    return list(session.scalars(query))


def trim(session: Session, keep: int) -> None:
    """Forget all but the last `keep` changes; an edge further behind takes a snapshot."""
    session.execute(delete(EdgeChange).where(EdgeChange.sequence <= sequence(session) - keep))


def snapshot(session: Session) -> dict[str, Any]:
    """All tables with the sequence number they correspond to, from one database snapshot."""
    session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    tables = {
        Table.ROUTES.value: dict(_routes(session)),
        Table.PRINCIPALS.value: {
            **dict(_api_keys(session)),
            **dict(_access_tokens(session)),
            **dict(workloads.edge_entries(session)),
        },
        Table.MEMBERS.value: dict(_members(session)),
        "settings": {"digestKey": encode(tokens.digest_key())},
    }
    return {"sequence": sequence(session), "tables": tables}


def _routes(session: Session) -> Entries:
    found = session.scalars(select(Environment).where(Environment.purged_at.is_(None))).all()
    keys = environments.identity_keys_of(session, [environment.environment_id for environment in found])
    for environment in found:
        signing = signing_public_keys(keys[environment.environment_id])
        yield label(environment.environment_id), route(environment, signing)


def _api_keys(session: Session) -> Entries:
    live = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > clock.now())
    for key in session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None), live)):
        yield key.digest, api_keys.entry(key)


def _access_tokens(session: Session) -> Entries:
    query = select(AccessToken).where(AccessToken.revoked_at.is_(None), AccessToken.expires_at > clock.now())
    for token in session.scalars(query):
        yield token.digest, sessions.edge_entry(token)


def _members(session: Session) -> Entries:
    for key, value in members.edge_entries(session):
        if value is not None:
            yield key, value
