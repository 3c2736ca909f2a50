from controlplane.core.errors import ApplicationError, Conflict, Unauthenticated


class WrongCode(ApplicationError):
    """Of a code that proves nothing: mistyped, used before, or from another moment."""

    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("This code is wrong, too old or used already. Wait for the next one and type that.")


class NoSuchFactor(ApplicationError):
    code = "no_such_factor"

    def __init__(self, what: str) -> None:
        super().__init__(f"You have no {what} here. Choose one of the methods you were offered.")


class TotpEnabled(Conflict):
    code = "totp_enabled"

    def __init__(self) -> None:
        super().__init__("You have an authenticator app already. Remove it before you set up another.")


class TotpNotStarted(Conflict):
    code = "totp_not_started"

    def __init__(self) -> None:
        super().__init__("There is no authenticator app waiting to be confirmed. Begin with POST /api/v1/auth/totp.")


class FactorNeeded(Conflict):
    code = "second_factor_needed"

    def __init__(self) -> None:
        super().__init__("Recovery codes stand in for a second factor. Set up an authenticator app or a passkey first.")


class PasskeysNeedAHostName(Conflict):
    """WebAuthn §5.1.2: a relying party's identifier is a domain, never an IP address."""

    code = "passkeys_need_a_host_name"


class PasskeysNeedHttps(Conflict):
    """WebAuthn §5: browsers offer it in secure contexts only."""

    code = "passkeys_need_https"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"Browsers offer passkeys on https:// only, and this plane is {url}. "
            "Its operator gives it TLS and sets CONTROLPLANE_PUBLIC_URL=https://…"
        )


class PasskeyChallengeOver(ApplicationError):
    code = "passkey_challenge_over"

    def __init__(self) -> None:
        super().__init__("This attempt is too old or was used already. Begin again; each attempt counts once.")


class PasskeyNotAccepted(ApplicationError):
    """Of an authenticator's answer when a passkey is added."""

    code = "passkey_not_accepted"


class PasskeyTaken(Conflict):
    code = "passkey_taken"

    def __init__(self) -> None:
        super().__init__("This passkey is known here already. Use another authenticator, or sign in with this one.")


class PasskeyLimitReached(Conflict):
    code = "passkey_limit_reached"

    def __init__(self, limit: int) -> None:
        super().__init__(f"You have {limit} passkeys, which is the limit. Remove one first.")


class PasskeyRefused(Unauthenticated):
    """Of an authenticator's answer that does not prove who somebody is."""

    code = "passkey_refused"
