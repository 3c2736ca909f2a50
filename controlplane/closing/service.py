from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.closing import repository
from controlplane.closing.errors import EnvironmentsLeft
from controlplane.core import clock
from controlplane.environments import repository as environments
from controlplane.invitations import service as invitations
from controlplane.members import service as members


def delete_account(session: Session, by: Principal, account_id: str) -> None:
    """End the account for all its members, here and at the edges. The audit trail stays, its name is free again.

    Raises `NotFound`, `PermissionDenied`, `EnvironmentsLeft`.
    """
    account, _ = members.standing(session, by, account_id, Permission.ACCOUNT_DELETE)
    left = environments.count(session, account_id)
    if left:
        raise EnvironmentsLeft(left)
    invitations.forget_account(session, account_id)
    repository.forget_sign_on(session, account_id)
    people = members.remove_all(session, by, account)
    account.deleted_at = clock.now()
    audit.record(session, by, "account.delete", account_id, account_id, {"name": account.name, "members": people})
