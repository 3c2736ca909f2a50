from controlplane.core.errors import ApplicationError, Conflict, NotFound, TooManyRequests

CODE_RULE = "Look at it again where the program shows it; it reads XXXX-XXXX and lasts 15 minutes."


class UnknownClient(ApplicationError):
    code = "unknown_client"

    def __init__(self) -> None:
        super().__init__(
            "No such program is known here (`client_id`). Start again from the program itself; do not follow a link."
        )


class RedirectRefused(ApplicationError):
    code = "redirect_uri_refused"

    def __init__(self, rule: str) -> None:
        super().__init__(f"The program asked to be answered at an address that is not its own. {rule}")


class AuthorizationRefused(ApplicationError):
    """The request is wrong, but whose it is is certain: the browser may be sent back to the program with the error."""

    code = "authorization_refused"

    def __init__(self, message: str, redirect_to: str) -> None:
        super().__init__(message, {"redirectTo": redirect_to})
        self.redirect_to = redirect_to


class UnknownUserCode(NotFound):
    code = "unknown_user_code"

    def __init__(self) -> None:
        super().__init__("code")
        self.message = f"No program waits with this code, or it has expired. {CODE_RULE}"


class AlreadyDecided(Conflict):
    code = "already_decided"

    def __init__(self, decision: str) -> None:
        super().__init__(f"This program has been {decision} already. To decide anew, let it show a new code.")


class TooManyOpenRequests(TooManyRequests):
    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "Too many programs at this network address wait for a decision. "
            "Approve or deny them, or wait until their codes expire.",
            retry_after_seconds,
        )
