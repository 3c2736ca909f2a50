"""People exist once per e-mail address."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane.core import clock
from controlplane.core.errors import Conflict
from controlplane.core.ids import new_id
from controlplane.users import repository
from controlplane.users.models import User


class EmailTaken(Conflict):
    code = "email_taken"


def create(session: Session, email: str, name: str | None, password_hash: str | None) -> User:
    """A new user. Raises `EmailTaken`, also when someone else is doing the same right now."""
    if repository.by_email(session, email) is not None:
        raise _taken()
    user = User(
        user_id=new_id("usr"),
        email=email,
        name=name,
        password_hash=password_hash,
        # No mail leaves this plane yet, so there is nothing to verify an address with.
        verified_at=clock.now(),
        created_at=clock.now(),
    )
    try:
        # A savepoint, so that the caller's transaction outlives the refusal.
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise _taken() from error
    return user


def _taken() -> EmailTaken:
    return EmailTaken("There is an account for this e-mail address already. Sign in instead.")
