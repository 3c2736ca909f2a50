from controlplane.auth import Role
from controlplane.core.errors import Conflict, PermissionDenied


class LastOwner(Conflict):
    code = "last_owner"

    def __init__(self) -> None:
        super().__init__(
            "This is the account's last owner, and an account needs one. Make another member an owner first; "
            "to end the account itself, delete it."
        )


class RoleNotYours(PermissionDenied):
    code = "role_not_yours_to_give"

    def __init__(self, own: Role, other: Role) -> None:
        super().__init__(f"Your role in this account is {own.value}. Only an owner gives or takes the role {other}.")


class AlreadyMember(Conflict):
    code = "already_member"


class TransferToYourself(Conflict):
    code = "transfer_to_yourself"

    def __init__(self) -> None:
        super().__init__("You own this account already. Name another member of it to transfer it to.")


class OwnSecondFactorMissing(Conflict):
    code = "own_second_factor_missing"

    def __init__(self) -> None:
        super().__init__(
            "You have no second factor yet, and would lose your own rights here. "
            "Set up an authenticator app or a passkey at /account/security first."
        )
