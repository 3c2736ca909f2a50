"""Mail to people whose membership somebody else has changed."""

from datetime import timedelta

from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.auth import Principal, Role
from controlplane.core import clock
from controlplane.mail import repository as outbox
from controlplane.mail import service as mail
from controlplane.users.models import User

_KIND = "membership"
# Whoever changes a role back and forth does not fill the other's mailbox.
_ROLE_CHANGES_PER_HOUR = 10


def role_changed(session: Session, by: Principal, account: Account, user: User, before: Role, role: Role) -> None:
    """Nobody is written to about what they did themselves."""
    if user.user_id != by.user_id and not _is_enough(session, user):
        context: dict[str, object] = {"account": account.name, "by": by.email, "before": before, "role": role}
        mail.send(session, user.email, "role_changed", context, _KIND)


def removed(session: Session, by: Principal, account: Account, user: User) -> None:
    mail.send(session, user.email, "member_removed", {"account": account.name, "by": by.email}, _KIND)


def account_deleted(session: Session, by: Principal, account: Account, user: User) -> None:
    mail.send(session, user.email, "account_deleted", {"account": account.name, "by": by.email}, _KIND)


def _is_enough(session: Session, user: User) -> bool:
    lately = outbox.count_since(session, user.email, _KIND, clock.now() - timedelta(hours=1))
    return lately >= _ROLE_CHANGES_PER_HOUR
