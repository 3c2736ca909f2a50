"""Mail to people whose membership somebody else has changed."""

from sqlalchemy.orm import Session

from controlplane.accounts.models import Account
from controlplane.auth import Principal, Role
from controlplane.mail import service as mail
from controlplane.users.models import User

_KIND = "membership"


def role_changed(session: Session, by: Principal, account: Account, user: User, before: Role, role: Role) -> None:
    """Nobody is written to about what they did themselves."""
    if user.user_id != by.user_id:
        context: dict[str, object] = {"account": account.name, "by": by.email, "before": before, "role": role}
        mail.send(session, user.email, "role_changed", context, _KIND)


def removed(session: Session, by: Principal, account: Account, user: User) -> None:
    mail.send(session, user.email, "member_removed", {"account": account.name, "by": by.email}, _KIND)


def account_deleted(session: Session, by: Principal, account: Account, user: User) -> None:
    mail.send(session, user.email, "account_deleted", {"account": account.name, "by": by.email}, _KIND)
