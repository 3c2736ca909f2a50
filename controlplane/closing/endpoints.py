from typing import Annotated

from fastapi import APIRouter, Depends, status

from controlplane.auth import Permission, Principal, RecentPerson, require
from controlplane.auth.require import PersonRequired, RecentSignInRequired
from controlplane.closing import service
from controlplane.closing.errors import EnvironmentsLeft
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals

router = APIRouter(prefix="/accounts", tags=["accounts"])
Deleter = Annotated[Principal, Depends(require(Permission.ACCOUNT_DELETE))]


@router.delete(
    "/{account_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="deleteAccount",
    responses=refusals(EnvironmentsLeft, PersonRequired, RecentSignInRequired),
)
def delete_account(account_id: str, session: DbSession, principal: Deleter, _recently: RecentPerson) -> None:
    """Delete an account that has no environments left; cannot be undone. Needs a recent sign-in of your own."""
    service.delete_account(session, principal, account_id)
