"""Fixed sentences that an address may ask for by a code; nobody else's words appear in a page this way."""

from controlplane.sso.errors import SENTENCES

DONE = {
    "password_reset": "Your password is set. Sign in with it.",
    "password_changed": "Your password is changed; your other sessions have ended.",
    "name_changed": "Your name is saved.",
    "totp_added": "The authenticator app is on.",
    "totp_removed": "The authenticator app is off.",
    "passkey_added": "The passkey is added.",
    "passkey_renamed": "The passkey has its new name.",
    "passkey_removed": "The passkey is removed.",
    "identity_added": "You can sign in that way from now on.",
    "identity_removed": "The sign-in is unlinked.",
    "session_ended": "That session has ended.",
    "sessions_ended": "All your other sessions have ended.",
}
_PROBLEM = "Signing in at the provider did not work. Try again, or sign in another way."
ROLES = {
    "owner": "may do everything, and transfer the account.",
    "admin": "manages members, environments and keys.",
    "developer": "creates environments and API keys, deploys, calls services.",
    "viewer": "looks, and changes nothing.",
}


def done(code: str | None) -> str | None:
    return DONE.get(code or "")


def problem(code: str | None) -> str | None:
    """What went wrong at a provider; an unknown code gets a general sentence."""
    return SENTENCES.get(code, _PROBLEM) if code else None
