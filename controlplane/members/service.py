"""Who belongs to an account, and in which role."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import service as accounts
from controlplane.accounts.models import Account
from controlplane.auth import Principal, Role
from controlplane.core import clock
from controlplane.edge_log import Table, publish
from controlplane.members.models import Member


def found_account(session: Session, by: Principal, name: str) -> Account:
    """A new account with `by` as its owner. Raises `NameTaken`, `AccountLimitReached`."""
    account = accounts.create(session, by, name)
    add(session, account.account_id, by.user_id, Role.OWNER)
    audit.record(session, by, "account.create", account.account_id, account.account_id, {"name": name})
    return account


def add(session: Session, account_id: str, user_id: str, role: Role) -> None:
    """Make the user a member; the edges know it with this commit."""
    session.add(Member(account_id=account_id, user_id=user_id, role=role.value, created_at=clock.now()))
    publish(session, Table.MEMBERS, f"{user_id}/{account_id}", {"role": role.value})
