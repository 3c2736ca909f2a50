from controlplane.core.errors import Conflict


class NameTaken(Conflict):
    code = "name_taken"

    def __init__(self, name: str, *, own: bool = True) -> None:
        who = "You have" if own else "Whoever created this account has"
        super().__init__(f"{who} created an account named {name!r} already. Choose another name.")


class AccountLimitReached(Conflict):
    code = "account_limit_reached"

    def __init__(self, limit: int) -> None:
        super().__init__(f"You have created {limit} accounts, which is the limit. Ask the operator to raise it.")
