"""Making, revoking and noting the use of API keys. A key cannot make a key: only people and their tokens get here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.api_keys import repository
from controlplane.api_keys.errors import ApiKeyLimitReached, ExpiryInPast
from controlplane.api_keys.models import ApiKey
from controlplane.api_keys.roles import KeyRole
from controlplane.auth import Principal
from controlplane.core import clock, tokens
from controlplane.core.errors import NotFound
from controlplane.core.ids import label, new_id
from controlplane.core.schema import rfc3339
from controlplane.edge_log import Table, publish
from controlplane.environments import repository as environments
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.settings import settings


def create(
    session: Session,
    by: Principal,
    account_id: str,
    environment_id: str,
    description: str,
    role: KeyRole,
    expires_at: datetime | None,
    restrictions: dict[str, Any] | None = None,
) -> tuple[ApiKey, str]:
    """The key and its secret, which exists only in this return value. Raises `ExpiryInPast`, `ApiKeyLimitReached`."""
    environment = _environment_locked(session, by, account_id, environment_id)
    _check(session, environment, expires_at)
    key_id = new_id("key")
    secret = tokens.new_api_key(key_id)
    key = ApiKey(
        key_id=key_id,
        environment_id=environment_id,
        description=description,
        role=role.value,
        restrictions=restrictions,
        digest=tokens.digest(secret),
        last_four=secret[-4:],
        created_by=by.user_id,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    session.add(key)
    publish(session, Table.PRINCIPALS, key.digest, entry(key))
    details = _told(key) | {"expiresAt": rfc3339(expires_at) if expires_at else None}
    audit.record(session, by, "api_key.create", key_id, account_id, details)
    return key, secret


def revoke(session: Session, by: Principal, account_id: str, environment_id: str, key_id: str) -> None:
    """The key stops working at every edge as soon as this is committed and has travelled. Raises `NotFound`."""
    visible_environment(session, by, account_id, environment_id)
    key = repository.find_locked(session, environment_id, key_id)
    if key is None:
        raise NotFound("API key")
    _withdraw(session, key)
    audit.record(session, by, "api_key.revoke", key_id, account_id, _told(key))


def _told(key: ApiKey) -> dict[str, Any]:
    told = {"environmentId": key.environment_id, "role": key.role, "description": key.description}
    return told | ({"restrictions": key.restrictions} if key.restrictions else {})


def revoke_all(session: Session, environment_id: str) -> None:
    """For an environment that has been destroyed."""
    for key in repository.all_of(session, environment_id):
        _withdraw(session, key)


def note_used(session: Session, last_used: Mapping[str, datetime]) -> None:
    """Take over the edges' observations."""
    repository.note_used(session, last_used)


def entry(key: ApiKey) -> dict[str, Any]:
    """The value of docs/wire.md's `principals` table. An edge that knows of no restrictions knows no such kind."""
    restrictions = {"restrictions": key.restrictions} if key.restrictions else {}
    return restrictions | {
        "kind": "restricted_api_key" if restrictions else "api_key",
        "keyId": key.key_id,
        "label": label(key.environment_id),
        "role": key.role,
        "expiresAt": key.expires_at.isoformat() if key.expires_at else None,
    }


def visible_environment(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    """Raises `NotFound`."""
    environment = environments.find(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    return environment


def _environment_locked(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    environment = environments.find_locked(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    if environment.status == Status.DELETED:
        raise EnvironmentDeleted("This environment is deleted. Restore it before you create API keys.")
    return environment


def _check(session: Session, environment: Environment, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= clock.now():
        raise ExpiryInPast("expiresAt lies in the past; give a time to come, or leave it out for a key without expiry.")
    limit = settings().api_keys_per_environment
    if repository.count(session, environment.environment_id) >= limit:
        raise ApiKeyLimitReached(f"This environment has its limit of {limit} API keys. Revoke one first.")


def _withdraw(session: Session, key: ApiKey) -> None:
    key.revoked_at = clock.now()
    publish(session, Table.PRINCIPALS, key.digest, None)
