"""Changes of the account itself that concern its members."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import service as accounts
from controlplane.accounts.models import Account
from controlplane.auth import Permission, Principal, Role, check_recent_person
from controlplane.members import service
from controlplane.members.edges import second_factor_rule_changed
from controlplane.members.errors import OwnSecondFactorMissing
from controlplane.users import repository as users


def update(
    session: Session, by: Principal, account_id: str, name: str | None, require_second_factor: bool | None
) -> tuple[Account, Role]:
    """Null leaves a thing as it is; the account and the role of `by` in it.

    Raises `NotFound`, `PermissionDenied`, `NameTaken`, `OwnSecondFactorMissing`; waiving the second factor also as
    `check_recent_person`.
    """
    account, role = service.standing(session, by, account_id, Permission.ACCOUNT_UPDATE)
    if name is not None and name != account.name:
        accounts.rename(session, by, account, name)
    if require_second_factor is not None and require_second_factor != account.require_second_factor:
        _demand(session, by, account, required=require_second_factor)
    return account, role


def _demand(session: Session, by: Principal, account: Account, *, required: bool) -> None:
    user = users.by_id(session, by.user_id)
    if required and (user is None or user.second_factor_since is None):
        raise OwnSecondFactorMissing
    if not required:
        check_recent_person(by)
    account.require_second_factor = required
    second_factor_rule_changed(session, account.account_id)
    action = "account.require_second_factor" if required else "account.waive_second_factor"
    audit.record(session, by, action, account.account_id, account.account_id)
