from controlplane.core.errors import PermissionDenied


class SessionRequired(PermissionDenied):
    code = "session_required"

    def __init__(self) -> None:
        super().__init__(
            "The engine UI opens for people who are signed in. Sign in and open it from the console; programs call the "
            "environment's admin URL with their own credential."
        )


class CodeInvalid(PermissionDenied):
    """The same for a code that never was, was used, has run out, or is for somewhere else."""

    code = "ui_code_invalid"

    def __init__(self) -> None:
        super().__init__(
            "This link into the engine UI does not work: it is good once, for a minute, and as long as you are signed "
            "in. Open the engine UI from the console again."
        )
