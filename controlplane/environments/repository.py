from collections.abc import Sequence, Set

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.auth import Principal
from controlplane.core.errors import NotFound
from controlplane.environments.identity import KeyState
from controlplane.environments.models import Environment, IdentityKey

# Serialises the choice of loopback ports; any constant of our own will do.
_PORT_LOCK = 7_201_127


def visible_to(principal: Principal) -> Select[Environment]:
    """Every read of a tenant starts here."""
    query = select(Environment).where(Environment.account_id.in_(principal.account_ids))
    if principal.environment_id is not None:
        query = query.where(Environment.environment_id == principal.environment_id)
    return query.where(Environment.purged_at.is_(None))


def find(session: Session, principal: Principal, account_id: str, environment_id: str) -> Environment | None:
    query = visible_to(principal).where(
        Environment.account_id == account_id, Environment.environment_id == environment_id
    )
    return session.scalars(query).one_or_none()


def find_locked(session: Session, principal: Principal, account_id: str, environment_id: str) -> Environment | None:
    query = visible_to(principal).where(
        Environment.account_id == account_id, Environment.environment_id == environment_id
    )
    return session.scalars(query.with_for_update()).one_or_none()


def any_locked(session: Session, environment_id: str) -> Environment | None:
    """For operators: whoever's it is."""
    query = select(Environment).where(Environment.environment_id == environment_id, Environment.purged_at.is_(None))
    return session.scalars(query.with_for_update()).one_or_none()


def of_plane(status: str | None, runner_id: str | None, text_: str | None) -> Select[Environment]:
    """For operators: whoever's they are. `text_` is looked for in names and identifiers, in any case."""
    query = select(Environment).where(Environment.purged_at.is_(None))
    if status is not None:
        query = query.where(Environment.status == status)
    if runner_id is not None:
        query = query.where(Environment.runner_id == runner_id)
    if text_ is None:
        return query
    accounts = select(Account.account_id).where(Account.name.icontains(text_, autoescape=True))
    own = (Environment.environment_id, Environment.account_id, Environment.name)
    found = [column.icontains(text_, autoescape=True) for column in own]
    return query.where(or_(*found, Environment.account_id.in_(accounts)))


def account_names(session: Session, account_ids: Set[str]) -> dict[str, str]:
    rows = session.execute(select(Account.account_id, Account.name).where(Account.account_id.in_(account_ids)))
    return {row.account_id: row.name for row in rows}


def count(session: Session, account_id: str) -> int:
    query = select(func.count()).where(Environment.account_id == account_id, Environment.purged_at.is_(None))
    return session.scalar(query) or 0


def named(session: Session, account_id: str, name: str) -> Environment | None:
    query = select(Environment).where(
        Environment.account_id == account_id, Environment.name == name, Environment.purged_at.is_(None)
    )
    return session.scalars(query).one_or_none()


def free_port_index(session: Session, reserved: Set[int]) -> int:
    """The lowest pair of loopback ports nobody holds or has reserved; held until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _PORT_LOCK})
    held = select(Environment.port_index).where(Environment.purged_at.is_(None), Environment.port_index.is_not(None))
    taken = reserved | set(session.scalars(held))
    return next(index for index in range(len(taken) + 1) if index not in taken)


def identity_key(session: Session, environment_id: str) -> IdentityKey:
    """The one that signs. Raises `NotFound` when the environment has been destroyed since it was read."""
    key = identity_keys(session, environment_id).get(KeyState.CURRENT)
    if key is None:
        raise NotFound("environment")
    return key


def identity_keys(session: Session, environment_id: str) -> dict[str, IdentityKey]:
    """Those that are not destroyed, by state."""
    return identity_keys_of(session, [environment_id])[environment_id]


def identity_keys_of(session: Session, environment_ids: Sequence[str]) -> dict[str, dict[str, IdentityKey]]:
    """The same of several, by environment id, in one query; none of those destroyed since they were read."""
    query = select(IdentityKey).where(
        IdentityKey.environment_id.in_(environment_ids), IdentityKey.state != KeyState.DESTROYED
    )
    found: dict[str, dict[str, IdentityKey]] = {environment_id: {} for environment_id in environment_ids}
    for key in session.scalars(query.order_by(IdentityKey.identity_key_id)):
        found[key.environment_id][key.state] = key
    return found
