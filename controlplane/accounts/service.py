"""Rules of accounts."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import repository
from controlplane.accounts.errors import AccountLimitReached, NameTaken
from controlplane.accounts.models import Account
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.settings import settings


def create(session: Session, by: Principal, name: str) -> Account:
    """An account without members yet (`members.service.found_account` adds its owner).

    Raises `NameTaken`, `AccountLimitReached`.
    """
    repository.lock_creations_of(session, by.user_id)
    limit = settings().accounts_per_user
    if repository.count_created_by(session, by.user_id) >= limit:
        raise AccountLimitReached(limit)
    account = Account(account_id=new_id("acc"), name=name, created_by=by.user_id, created_at=clock.now())
    session.add(account)
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken(name) from error
    return account


def lock(session: Session, account_id: str) -> Account:
    """One change of members, invitations and the account itself at a time. Raises `NotFound`, also once deleted."""
    account = repository.locked(session, account_id)
    if account is None:
        raise NotFound("account")
    return account


def rename(session: Session, by: Principal, account: Account, name: str) -> None:
    """Raises `NameTaken`."""
    # Read before the refusal, which ends the transaction.
    own, before, account.name = account.created_by == by.user_id, account.name, name
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken(name, own=own) from error
    details = audit.change({"name": before}, {"name": name})
    audit.record(session, by, "account.rename", account.account_id, account.account_id, details)


def get(session: Session, by: Principal, account_id: str) -> Account:
    """Raises `NotFound`."""
    account = repository.find(session, by, account_id)
    if account is None:
        raise NotFound("account")
    return account
