from controlplane.core.errors import ApplicationError, Conflict, PermissionDenied


class DomainAlreadyClaimed(Conflict):
    code = "domain_already_claimed"

    def __init__(self, domain: str) -> None:
        super().__init__(f"This account has claimed {domain} already.")


class DomainTaken(Conflict):
    """Told only to who has proven to own the domain."""

    code = "domain_taken"

    def __init__(self, domain: str) -> None:
        super().__init__(
            f"Your record is right, but another account has verified {domain}. It is set free when that account gives "
            "it up, or some days after that account's own TXT record is gone."
        )


class DomainNotVerified(Conflict):
    code = "domain_not_verified"


class RecordMissing(Conflict):
    """The TXT record is not there, or not (yet) the right one."""

    code = "record_missing"


class DnsUnavailable(ApplicationError):
    """The name servers gave no answer at all."""

    status = 503
    code = "dns_unavailable"
    headers = {"retry-after": "30"}  # noqa: RUF012

    def __init__(self, name: str) -> None:
        super().__init__(f"The name servers gave no answer for {name}. Look whether they are up, and try again.")


class DomainLimitReached(Conflict):
    code = "domain_limit_reached"


class ConnectionNotUsable(Conflict):
    code = "connection_not_usable"


class ConnectionRequired(Conflict):
    code = "sso_connection_required"

    def __init__(self) -> None:
        super().__init__("To require single sign-on for a domain, also name the connection: ssoConnectionId.")


class SsoRequired(PermissionDenied):
    """Told by the address's domain alone, so it says nothing about who exists."""

    code = "sso_required"

    def __init__(self, domain: str, provider: str, start_url: str) -> None:
        super().__init__(
            f"People of {domain} sign in with their company's single sign-on. Begin at {start_url}.",
            {"provider": provider, "startUrl": start_url},
        )
