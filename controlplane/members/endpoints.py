from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.accounts.errors import AccountLimitReached, NameTaken
from controlplane.accounts.schemas import AccountView, NewAccount
from controlplane.auth import Caller, Permission, Principal, Role, require
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page
from controlplane.members import repository, service
from controlplane.members.schemas import MemberView

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Principal, Depends(require(Permission.MEMBER_READ))]


@router.post(
    "", status_code=status.HTTP_201_CREATED, response_model=AccountView, operation_id="createAccount",
    responses=refusals(NameTaken, AccountLimitReached),
)  # fmt: skip
def create_account(body: NewAccount, session: DbSession, caller: Caller, once: Once) -> Response:
    """Create an account; you become its owner."""
    return once(caller.user_id, lambda: AccountView.model_validate(service.found_account(session, caller, body.name)))


@router.get("/{account_id}/members", operation_id="listMembers")
def list_members(
    account_id: str, session: DbSession, _principal: Reader, after: After = None, limit: Limit = 50
) -> Page[MemberView]:
    """The people of the account and their roles."""
    rows = repository.of_account(session, account_id, after, limit + 1)
    items = [
        MemberView(
            user_id=user.user_id,
            email=user.email,
            name=user.name,
            role=Role(member.role),
            created_at=member.created_at,
        )
        for member, user in rows[:limit]
    ]
    return Page[MemberView](items=items, next=items[-1].user_id if len(rows) > limit else None)
