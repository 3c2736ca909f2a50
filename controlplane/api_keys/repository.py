from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from controlplane.api_keys.models import ApiKey
from controlplane.core.database import Time


def of_environment(environment_id: str) -> Select[ApiKey]:
    """The keys that are not revoked; ask only for an environment the principal may see."""
    return select(ApiKey).where(ApiKey.environment_id == environment_id, ApiKey.revoked_at.is_(None))


def all_of(session: Session, environment_id: str) -> Sequence[ApiKey]:
    return session.scalars(of_environment(environment_id).order_by(ApiKey.key_id)).all()


def find_locked(session: Session, environment_id: str, key_id: str) -> ApiKey | None:
    return session.scalars(
        of_environment(environment_id).where(ApiKey.key_id == key_id).with_for_update()
    ).one_or_none()


def count(session: Session, environment_id: str) -> int:
    return session.scalar(select(func.count()).select_from(of_environment(environment_id).subquery())) or 0


def note_used(session: Session, last_used: Mapping[str, datetime]) -> None:
    """Times only move forward, whatever order the edges report in.

    One round trip (a pipeline), in the order of keys, so that two reports cannot wait for each other.
    """
    at = bindparam("at", type_=Time)
    statement = update(ApiKey).where(ApiKey.key_id == bindparam("key")).values(last_used_at=at)
    statement = statement.where(func.coalesce(ApiKey.last_used_at, at) <= at)
    rows = [{"key": key_id, "at": last_used[key_id]} for key_id in sorted(last_used)]
    if rows:
        session.connection().execute(statement, rows)
