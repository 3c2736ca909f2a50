from controlplane.core.errors import Conflict


class EnvironmentsLeft(Conflict):
    code = "environments_left"

    def __init__(self, number: int) -> None:
        some = "1 environment" if number == 1 else f"{number} environments"
        super().__init__(
            f"This account still has {some}, counting deleted ones whose data is kept. Destroy each with "
            "DELETE …/environments/{environmentId}?purge=true, and delete the account when the list is empty.",
            {"environments": number},
        )
