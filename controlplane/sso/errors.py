"""How a sign-in through a provider can end: the code goes to the page, the sentence to the person."""

from controlplane.core.errors import ApplicationError, Conflict, PermissionDenied

# Fixed sentences: nothing a provider or a link says is shown. None says whether somebody has an account.
SENTENCES = {
    "sso_expired": "This sign-in took too long, was used already, or began in another browser. Begin it again here.",
    "sso_denied": "The provider did not sign you in: it was cancelled there, or you are not permitted to use it.",
    "sso_provider_error": "The provider reported an error of its own. Try again; if it stays, tell its administrator.",
    "sso_unavailable": "The provider does not answer. Try again in a moment, or sign in another way.",
    "sso_busy": "Too many sign-ins are under way. Try again in a moment.",
    "sso_invalid_answer": "The provider's answer could not be trusted, so it was not used. Begin again; if it stays, "
    "tell the operators of this plane.",
    "sso_email_unverified": "The provider has not verified an e-mail address of yours. Verify it there, then begin "
    "again.",
    "sso_not_permitted": "This provider may not sign in people with your e-mail address.",
    "sso_required": "People of your domain sign in with their company's single sign-on. Enter your e-mail address to "
    "go there.",
    "sso_identity_taken": "This identity belongs to another user here. Sign in with it, or choose another one.",
    "sso_link_lost": "You were signed out meanwhile. Sign in and add the identity again.",
    "sso_unknown_provider": "There is no such provider, or it is switched off.",
}


class SsoRefused(Exception):
    """`code` is a key of `SENTENCES`; `reason` is for the log only."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(reason or code)
        self.code = code


class LastWayIn(Conflict):
    code = "last_way_in"

    def __init__(self) -> None:
        super().__init__("This is your only way to sign in. Set a password or add a passkey first.")


class UnsafeLink(PermissionDenied):
    code = "csrf_refused"

    def __init__(self) -> None:
        super().__init__("Adding an identity has to begin on a page of this plane: open your security settings there.")


class UnknownProvider(ApplicationError):
    status = 404
    code = "sso_unknown_provider"

    def __init__(self) -> None:
        super().__init__(SENTENCES["sso_unknown_provider"])
