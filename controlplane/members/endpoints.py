from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.accounts.endpoints import view as account_view
from controlplane.accounts.errors import AccountLimitReached, NameTaken
from controlplane.accounts.schemas import AccountChange, AccountView, NewAccount
from controlplane.auth import Caller, Permission, PersonRequired, Principal, RecentSignInRequired, Role, require
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page
from controlplane.members import account_changes, repository, service
from controlplane.members.errors import LastOwner, OwnSecondFactorMissing, RoleNotYours, TransferToYourself
from controlplane.members.models import Joined, Member
from controlplane.members.schemas import MemberChange, MemberView, StandingView, Transfer
from controlplane.users.models import User

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Principal, Depends(require(Permission.MEMBER_READ))]
Updater = Annotated[Principal, Depends(require(Permission.ACCOUNT_UPDATE))]
Leaver = Annotated[Principal, Depends(require(Permission.MEMBER_LEAVE))]
Manager = Annotated[Principal, Depends(require(Permission.MEMBER_MANAGE))]
Giver = Annotated[Principal, Depends(require(Permission.ACCOUNT_TRANSFER))]
# Owners are made and unmade, and the second factor is waived, by people who are there.
_OWNERS = (PersonRequired, RecentSignInRequired)


@router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=AccountView, operation_id="createAccount",
    responses=refusals(NameTaken, AccountLimitReached),
)  # fmt: skip
def create_account(body: NewAccount, session: DbSession, caller: Caller, once: Once) -> Response:
    """Create an account; you become its owner."""
    return once(caller.user_id, lambda: account_view(service.found_account(session, caller, body.name), Role.OWNER))


@router.patch(
    "/{account_id}", operation_id="updateAccount", responses=refusals(NameTaken, OwnSecondFactorMissing, *_OWNERS)
)
def update_account(account_id: str, body: AccountChange, session: DbSession, principal: Updater) -> AccountView:
    """Rename the account, or require a second factor of its members: without one they have no rights in it."""
    name, required = body.name, body.require_second_factor
    return account_view(*account_changes.update(session, principal, account_id, name, required))


@router.get("/{account_id}/members", operation_id="listMembers")
def list_members(
    account_id: str, session: DbSession, _principal: Reader, after: After = None, limit: Limit = 50
) -> Page[MemberView]:
    """The people of the account and their roles."""
    rows = repository.of_account(session, account_id, after, limit + 1)
    items = [_view(member, user) for member, user in rows[:limit]]
    return Page[MemberView](items=items, next=items[-1].user_id if len(rows) > limit else None)


@router.patch(
    "/{account_id}/members/{user_id}",
    operation_id="changeMember",
    responses=refusals(RoleNotYours, LastOwner, *_OWNERS),
)
def change_member(
    account_id: str, user_id: str, body: MemberChange, session: DbSession, principal: Manager
) -> MemberView:
    """Give a member another role; the edges follow a moment later."""
    return _view(*service.change_role(session, principal, account_id, user_id, body.role))


@router.delete(
    "/{account_id}/members/{user_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="removeMember",
    responses=refusals(RoleNotYours, LastOwner, *_OWNERS),
)
def remove_member(account_id: str, user_id: str, session: DbSession, principal: Leaver) -> None:
    """Remove a member, or leave with your own user id; access ends at the edges a moment later.

    API keys they created belong to the environments and stay: `createdBy` in the list of keys shows which.
    """
    service.remove(session, principal, account_id, user_id)


@router.post("/{account_id}/transfer", operation_id="transferAccount", responses=refusals(TransferToYourself, *_OWNERS))
def transfer_account(account_id: str, body: Transfer, session: DbSession, principal: Giver) -> StandingView:
    """Hand the account over to another member: they become an owner, you an admin."""
    role = service.transfer(session, principal, account_id, body.user_id)
    return StandingView(account_id=account_id, role=role)


def _view(member: Member, user: User) -> MemberView:
    return MemberView(
        user_id=user.user_id,
        email=user.email,
        name=user.name,
        role=Role(member.role),
        second_factor=user.second_factor_since is not None,
        joined_by=Joined(member.joined_by),
        created_at=member.created_at,
    )
