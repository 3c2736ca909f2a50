from controlplane.core.errors import ApplicationError, Conflict


class ProviderUnusable(ApplicationError):
    """The provider does not answer as its kind has to; the sentence says at which step."""

    code = "provider_unusable"


class ProviderTaken(Conflict):
    code = "provider_taken"

    def __init__(self, provider: str) -> None:
        super().__init__(f"There is a provider named {provider!r} already. Choose another name for addresses.")


class ConnectionLimitReached(Conflict):
    code = "sso_connection_limit_reached"


class ConnectionInUse(Conflict):
    code = "sso_connection_in_use"

    def __init__(self) -> None:
        super().__init__(
            "A domain names this connection for its single sign-on. Name another there, or none, and delete this then."
        )
