"""People exist once per e-mail address."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.core import clock
from controlplane.core.errors import ApplicationError, Conflict
from controlplane.core.ids import new_id
from controlplane.settings import settings
from controlplane.users import repository
from controlplane.users.models import User


class NobodyHasIt(ApplicationError):
    """For operators, who may know."""

    status = 404
    code = "not_found"

    def __init__(self, email: str) -> None:
        super().__init__(f"Nobody here has the address {email}. People become users by signing up.")


class EmailTaken(Conflict):
    code = "email_taken"


def create(session: Session, email: str, name: str | None, password_hash: str | None, *, verified: bool = True) -> User:
    """A new user, whose address is known to be theirs or not. Raises `EmailTaken`, also for a race that is lost."""
    if repository.by_email(session, email) is not None:
        raise _taken()
    user = User(
        user_id=new_id("usr"),
        email=email,
        name=name,
        password_hash=password_hash,
        verified_at=clock.now() if verified else None,
        created_at=clock.now(),
        operator=settings().is_tried_out and _is_first(session),
    )
    try:
        # A savepoint, so that the caller's transaction outlives the refusal.
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise _taken() from error
    return user


def set_operator(session: Session, email: str, *, operator: bool) -> User:
    """Whether somebody runs this plane. Raises `NobodyHasIt`."""
    user = repository.by_email(session, email)
    if user is None:
        raise NobodyHasIt(email)
    user.operator = operator
    audit.record(session, None, "operator.add" if operator else "operator.remove", user.user_id)
    return user


def _is_first(session: Session) -> bool:
    """Who tries the plane on their own machine operates it. Of two at once, one is first."""
    if repository.anybody(session):
        return False
    repository.lock_first(session)
    return not repository.anybody(session)


def _taken() -> EmailTaken:
    return EmailTaken("There is an account for this e-mail address already. Sign in instead.")
