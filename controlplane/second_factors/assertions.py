"""Proving with a passkey who one is (WebAuthn level 3, §7.2): as a second factor, or instead of a password."""

from collections.abc import Sequence

import structlog
import webauthn
from sqlalchemy.orm import Session
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json_dict, parse_authentication_credential_json
from webauthn.helpers.structs import AuthenticationCredential, UserVerificationRequirement

from controlplane import audit
from controlplane.core import clock
from controlplane.second_factors import ceremonies, repository
from controlplane.second_factors.ceremonies import Json, Purpose
from controlplane.second_factors.errors import PasskeyRefused
from controlplane.second_factors.models import Passkey
from controlplane.second_factors.passkeys import descriptors
from controlplane.second_factors.relying_party import RelyingParty

log = structlog.get_logger()


def options(
    session: Session, purpose: Purpose, binding: str, party: RelyingParty, passkeys: Sequence[Passkey] = ()
) -> Json:
    """`PublicKeyCredentialRequestOptionsJSON` for `navigator.credentials.get`; without `passkeys`, any of ours."""
    alone = purpose is Purpose.LOGIN
    made = webauthn.generate_authentication_options(
        rp_id=party.identifier,
        challenge=ceremonies.begin(session, purpose, binding),
        timeout=ceremonies.MILLISECONDS,
        allow_credentials=descriptors(passkeys),
        user_verification=UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.DISCOURAGED,
    )
    return options_to_json_dict(made)


def prove(
    session: Session, purpose: Purpose, binding: str, credential: Json, party: RelyingParty, user_id: str | None = None
) -> Passkey:
    """The passkey behind a valid answer, of `user_id` if that is known already.

    On its own it must say whose it is and have verified its user. What is noted of a refusal is in this transaction,
    which must then commit. Raises `PasskeyChallengeOver`, `PasskeyRefused`.
    """
    challenge = ceremonies.redeem(session, purpose, binding, credential)
    answer = _parsed(credential)
    passkey = repository.passkey_locked(session, answer.raw_id)
    if passkey is None or passkey.user_id != (user_id or passkey.user_id):
        raise PasskeyRefused("This passkey is not known here; it may have been removed. Use another way to sign in.")
    _check_owner(passkey, answer.response.user_handle, alone=user_id is None)
    verified = _verified(answer, challenge, party, passkey, alone=user_id is None)
    _check_count(session, passkey, verified.new_sign_count)
    passkey.sign_count, passkey.backed_up = verified.new_sign_count, verified.credential_backed_up
    passkey.last_used_at = clock.now()
    return passkey


def _parsed(credential: Json) -> AuthenticationCredential:
    try:
        return parse_authentication_credential_json(credential)
    except Exception as error:
        raise _unfit(error) from error


def _check_owner(passkey: Passkey, user_handle: bytes | None, *, alone: bool) -> None:
    """§7.2 step 6: the handle is whom the authenticator made the passkey for."""
    if user_handle != passkey.user_id.encode() and (alone or user_handle is not None):
        raise PasskeyRefused("This passkey was made for somebody else. Use another way to sign in.")


def _verified(
    answer: AuthenticationCredential, challenge: bytes, party: RelyingParty, passkey: Passkey, *, alone: bool
) -> VerifiedAuthentication:
    try:
        return webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.identifier,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            # Counted by ourselves, because a count that goes back is noted.
            credential_current_sign_count=0,
            require_user_verification=alone,
        )
    except Exception as error:  # every parser behind it fails in ways of its own
        raise _unfit(error) from error


def _check_count(session: Session, passkey: Passkey, count: int) -> None:
    """§7.2 step 22: of two authenticators with the same key, one shows a count that does not go up."""
    if (count or passkey.sign_count) and count <= passkey.sign_count:
        details = {"userId": passkey.user_id, "known": passkey.sign_count, "shown": count}
        audit.record(session, None, "passkey.copy_suspected", passkey.passkey_id, details=details)
        raise PasskeyRefused(
            "This passkey may have been copied: its counter went backwards. Sign in another way and remove it."
        )


def _unfit(error: Exception) -> PasskeyRefused:
    log.info("passkey_refused", reason=str(error))
    return PasskeyRefused(
        "Your authenticator's answer does not fit: wrong site, wrong attempt, or it has not verified that it is you. "
        "Try again, or sign in another way."
    )
