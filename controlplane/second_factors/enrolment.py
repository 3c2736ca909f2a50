"""When somebody begins to have second factors, and when they cease to. Under the lock of `repository.user_locked`."""

from sqlalchemy.orm import Session

from controlplane.core import clock
from controlplane.members.edges import second_factor_changed
from controlplane.second_factors import recovery_codes, repository
from controlplane.users.models import User


def added(session: Session, user: User) -> list[str] | None:
    """After a factor was added: recovery codes, shown this once, unless some of an earlier set are left."""
    session.flush()
    if user.second_factor_since is None:
        user.second_factor_since = clock.now()
        second_factor_changed(session, user.user_id)
    if repository.recovery_codes_left(session, user.user_id):
        return None
    return recovery_codes.replace(session, user.user_id)


def removed(session: Session, user: User) -> None:
    """After a factor was removed: recovery codes stand in for others and go with the last of them."""
    session.flush()
    app = repository.totp(session, user.user_id)
    if (app is not None and app.confirmed_at is not None) or repository.passkeys(session, user.user_id):
        return
    user.second_factor_since = None
    repository.delete_recovery_codes(session, user.user_id)
    second_factor_changed(session, user.user_id)
