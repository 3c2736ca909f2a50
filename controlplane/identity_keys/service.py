"""An identity key's life: next, current, previous, destroyed. Two of an environment's keys live at most."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.environments import identity, routes
from controlplane.environments import repository as environments
from controlplane.environments import service as environment_changes
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.environments.identity import KeyState
from controlplane.environments.models import Environment, IdentityKey
from controlplane.environments.status import Status
from controlplane.identity_keys import repository
from controlplane.identity_keys.errors import (
    KeyInUse,
    NextKeyExists,
    NoNextKey,
    NoPreviousKey,
    PreviousKeyExists,
)
from controlplane.members import service as members
from controlplane.operations.kinds import Kind
from controlplane.operations.models import Operation

_NO_NEXT = "There is no next key. Publish one, and give it to your services, first."
Changed = tuple[IdentityKey, Operation]


def publish(session: Session, by: Principal, account_id: str, environment_id: str) -> IdentityKey:
    """A next key. Raises `NextKeyExists`, `PreviousKeyExists`, `EnvironmentDeleted`."""
    environment = _locked(session, by, account_id, environment_id)
    keys = environments.identity_keys(session, environment_id)
    if KeyState.NEXT in keys:
        raise NextKeyExists("There is a next key already. Switch to it, or delete it.")
    if KeyState.PREVIOUS in keys:
        raise PreviousKeyExists("The last change is not finished: finish it, or roll it back, before the next.")
    key = identity.new_key(environment_id, KeyState.NEXT)
    session.add(key)
    session.flush()
    routes.publish_route(session, environment)
    _record(session, by, environment, "publish", key)
    return key


def next_key_id(session: Session, by: Principal, account_id: str, environment_id: str) -> str:
    """Of what is to be tried. Raises `NoNextKey`."""
    environment_changes.get(session, by, account_id, environment_id)
    key = environments.identity_keys(session, environment_id).get(KeyState.NEXT)
    if key is None:
        raise NoNextKey(_NO_NEXT)
    return key.identity_key_id


def switch(session: Session, by: Principal, account_id: str, environment_id: str, *, tried: str | None) -> Changed:
    """The next key becomes the current one; the other is kept, to go back to. Raises `NoNextKey`.

    ``tried`` is the id of the key that the services accept; None: whatever they accept.
    """
    # The services have been tried meanwhile, which takes its time: a right that has ended since is none.
    members.standing(session, by, account_id, Permission.IDENTITY_KEY_MANAGE)
    environment = _locked(session, by, account_id, environment_id)
    keys = environments.identity_keys(session, environment_id)
    if KeyState.NEXT not in keys:
        raise NoNextKey(_NO_NEXT)
    if tried not in (None, keys[KeyState.NEXT].identity_key_id):
        raise NoNextKey(
            "Another next key was published meanwhile, which your services have not been tried with. Switch again."
        )
    old, new = keys[KeyState.CURRENT], keys[KeyState.NEXT]
    _swap(session, old, KeyState.PREVIOUS, new)
    _record(session, by, environment, "switch", new, forced=tried is None)
    return new, environment_changes.changed(session, environment, Kind.SWITCH_KEY)


def roll_back(session: Session, by: Principal, account_id: str, environment_id: str) -> Changed:
    """The previous key signs again, and the one that did is the next again. Raises `NoPreviousKey`."""
    environment = _locked(session, by, account_id, environment_id)
    previous = _previous(session, environment_id)
    current = environments.identity_key(session, environment_id)
    _swap(session, current, KeyState.NEXT, previous)
    _record(session, by, environment, "rollback", previous)
    return previous, environment_changes.changed(session, environment, Kind.ROLL_BACK_KEY)


def finish(session: Session, by: Principal, account_id: str, environment_id: str) -> IdentityKey:
    """Destroy the previous key. Raises `NoPreviousKey`, and `KeyInUse` while the engine may still sign with it."""
    environment = _locked(session, by, account_id, environment_id)
    key = _previous(session, environment_id)
    _destroy(session, environment, key)
    _record(session, by, environment, "finish", key)
    return key


def delete(session: Session, by: Principal, account_id: str, environment_id: str, identity_key_id: str) -> None:
    """Destroy the next key. Raises `NotFound`, and `KeyInUse` for any other."""
    environment = _locked(session, by, account_id, environment_id)
    key = repository.find(session, environment_id, identity_key_id)
    if key is None or key.state == KeyState.DESTROYED:
        raise NotFound("identity key")
    if key.state != KeyState.NEXT:
        raise KeyInUse(
            f"This is the {key.state} key; only the next one can be deleted. The previous one goes by finish."
        )
    _destroy(session, environment, key)
    _record(session, by, environment, "delete", key)


def _locked(session: Session, by: Principal, account_id: str, environment_id: str) -> Environment:
    environment = environments.find_locked(session, by, account_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    if environment.status == Status.DELETED:
        raise EnvironmentDeleted("This environment is deleted. Restore it before you change its keys.")
    return environment


def _previous(session: Session, environment_id: str) -> IdentityKey:
    key = environments.identity_keys(session, environment_id).get(KeyState.PREVIOUS)
    if key is None:
        raise NoPreviousKey("There is no previous key: no switch is unfinished.")
    return key


def _swap(session: Session, old: IdentityKey, becomes: KeyState, new: IdentityKey) -> None:
    now = clock.now()
    old.state, old.retired_at = becomes, now
    # No two of an environment's keys share a state, not even between two statements.
    session.flush()
    new.state, new.activated_at, new.retired_at = KeyState.CURRENT, now, None
    session.flush()


def _destroy(session: Session, environment: Environment, key: IdentityKey) -> None:
    if environment.observed_generation != environment.generation:
        raise KeyInUse(
            "The engine has not confirmed the last change yet and may still sign with this key. Wait for the operation "
            "to succeed; if it failed, roll back."
        )
    identity.destroy(key)
    session.flush()
    routes.publish_route(session, environment)


def _record(
    session: Session, by: Principal, environment: Environment, what: str, key: IdentityKey, **more: bool
) -> None:
    details = {"publicKey": key.public_key, **more}
    audit.record(session, by, f"identity_key.{what}", environment.environment_id, environment.account_id, details)
