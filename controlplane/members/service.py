"""Who belongs to an account, and in which role.

Every change holds the account's lock and judges by the roles as they are under it: what a request was let in with may
have changed while it waited.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import service as accounts
from controlplane.accounts.models import Account
from controlplane.auth import Permission, Principal, Role, check_recent_person
from controlplane.auth.permissions import GRANTS
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.members import notices, repository
from controlplane.members.edges import publish_member
from controlplane.members.errors import AlreadyMember, LastOwner, RoleNotYours, TransferToYourself
from controlplane.members.models import Joined, Member
from controlplane.users.models import User


def found_account(session: Session, by: Principal, name: str) -> Account:
    """A new account with `by` as its owner. Raises `NameTaken`, `AccountLimitReached`."""
    account = accounts.create(session, by, name)
    add(session, account.account_id, by.user_id, Role.OWNER, Joined.FOUNDER)
    audit.record(session, by, "account.create", account.account_id, account.account_id, {"name": name})
    return account


def add(session: Session, account_id: str, user_id: str, role: Role, joined_by: Joined = Joined.OPERATOR) -> None:
    """Make the user a member; the edges know it with this commit. Raises `NotFound`, `AlreadyMember`."""
    accounts.lock(session, account_id)
    present = repository.role_in(session, account_id, user_id)
    if present is not None:
        raise AlreadyMember(f"You are a member of this account already. Your role in it is {present.value}.")
    member = Member(
        account_id=account_id,
        user_id=user_id,
        role=role.value,
        joined_by=joined_by.value,
        created_at=clock.now(),
    )
    session.add(member)
    session.flush()
    publish_member(session, member.account_id, member.user_id)


def change_role(session: Session, by: Principal, account_id: str, user_id: str, role: Role) -> tuple[Member, User]:
    """Raises `NotFound`, `PermissionDenied`, `RoleNotYours`, `LastOwner`; for owners also as `check_recent_person`."""
    account, own = standing(session, by, account_id, Permission.MEMBER_MANAGE)
    member, user = _found(session, account_id, user_id)
    before = Role(member.role)
    check_grant(by, own, before, role)
    if role != before:
        _keep_an_owner(session, member)
        _set_role(session, member, role)
        details = audit.change({"role": before.value}, {"role": role.value})
        _record(session, by, "member.change_role", member, user, details)
        notices.role_changed(session, by, account, user, before, role)
    return member, user


def remove(session: Session, by: Principal, account_id: str, user_id: str) -> None:
    """End a membership, here and at the edges; one's own is to leave.

    Raises `NotFound`, `PermissionDenied`, `RoleNotYours`, `LastOwner`.
    """
    account, _ = standing(session, by, account_id, Permission.MEMBER_LEAVE)
    member, user = _found(session, account_id, user_id)
    leaves = user_id == by.user_id
    if not leaves:
        _, own = standing(session, by, account_id, Permission.MEMBER_MANAGE)
        check_grant(by, own, Role(member.role))
    _keep_an_owner(session, member)
    _end(session, member)
    _record(session, by, "member.leave" if leaves else "member.remove", member, user, {"role": member.role})
    if not leaves:
        notices.removed(session, by, account, user)


def transfer(session: Session, by: Principal, account_id: str, user_id: str) -> Role:
    """The member becomes an owner and `by` an admin; the role `by` has now.

    Raises `NotFound`, `PermissionDenied`, `TransferToYourself`, and as `check_recent_person`.
    """
    account, _ = standing(session, by, account_id, Permission.ACCOUNT_TRANSFER)
    check_recent_person(by)
    if user_id == by.user_id:
        raise TransferToYourself
    heir, user = _found(session, account_id, user_id)
    giver, _ = _found(session, account_id, by.user_id)
    before = Role(heir.role)
    _set_role(session, heir, Role.OWNER)
    _set_role(session, giver, Role.ADMIN)
    _record(session, by, "account.transfer", heir, user, {"from": by.email})
    if before is not Role.OWNER:
        notices.role_changed(session, by, account, user, before, Role.OWNER)
    return Role.ADMIN


def remove_all(session: Session, by: Principal, account: Account) -> list[str]:
    """For an account that is being deleted, under its lock; the addresses of those who were members."""
    people = repository.all_of(session, account.account_id)
    for member, user in people:
        _end(session, member)
        if user.user_id != by.user_id:
            notices.account_deleted(session, by, account, user)
    return [user.email for _, user in people]


def standing(session: Session, by: Principal, account_id: str, permission: Permission) -> tuple[Account, Role]:
    """The account, locked, and the role `by` has in it now. Raises `NotFound`, `PermissionDenied`."""
    account = accounts.lock(session, account_id)
    roles = repository.roles_of(session, by.user_id)
    replace(by, memberships=roles.in_effect, dormant=roles.dormant).check(permission, account_id)
    return account, roles.in_effect[account_id]


def _found(session: Session, account_id: str, user_id: str) -> tuple[Member, User]:
    row = repository.find(session, account_id, user_id)
    if row is None:
        raise NotFound("member")
    return row


def check_grant(by: Principal, own: Role, *roles: Role) -> None:
    """Whether `own` may give and take these. Raises `RoleNotYours`, and as `check_recent_person`.

    Owners are made and unmade by people who are there: a token that lies in a file must not turn them out.
    """
    for role in roles:
        if role not in GRANTS[own]:
            raise RoleNotYours(own, role)
    if Role.OWNER in roles:
        check_recent_person(by)


def _keep_an_owner(session: Session, member: Member) -> None:
    """Before `member` stops being what they are."""
    if member.role == Role.OWNER and repository.count(session, member.account_id, Role.OWNER) == 1:
        raise LastOwner


def _set_role(session: Session, member: Member, role: Role) -> None:
    member.role = role.value
    publish_member(session, member.account_id, member.user_id)


def _end(session: Session, member: Member) -> None:
    session.delete(member)
    publish_member(session, member.account_id, member.user_id)


def _record(session: Session, by: Principal, action: str, member: Member, user: User, details: dict[str, Any]) -> None:
    audit.record(session, by, action, member.user_id, member.account_id, {"email": user.email} | details)
