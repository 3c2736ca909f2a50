from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.accounts import repository, service
from controlplane.accounts.models import Account
from controlplane.accounts.schemas import AccountView
from controlplane.auth import Caller, Permission, Principal, Role, require
from controlplane.core.database import DbSession
from controlplane.core.pagination import After, Limit, Page, page

router = APIRouter(prefix="/accounts", tags=["accounts"])
Reader = Annotated[Principal, Depends(require(Permission.ACCOUNT_READ))]


@router.get("", operation_id="listAccounts")
def list_accounts(session: DbSession, caller: Caller, after: After = None, limit: Limit = 50) -> Page[AccountView]:
    """The accounts you are a member of, oldest first."""
    rows, following = page(session, repository.visible_to(caller), Account.account_id, after, limit)
    items = [view(row, caller.memberships[row.account_id]) for row in rows]
    return Page[AccountView](items=items, next=following)


@router.get("/{account_id}", operation_id="getAccount")
def get_account(account_id: str, session: DbSession, principal: Reader) -> AccountView:
    """One account."""
    return view(service.get(session, principal, account_id), principal.memberships[account_id])


def view(account: Account, role: Role) -> AccountView:
    return AccountView(
        account_id=account.account_id,
        name=account.name,
        role=role,
        require_second_factor=account.require_second_factor,
        created_at=account.created_at,
    )
