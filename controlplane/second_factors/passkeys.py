"""Adding, naming and removing passkeys (WebAuthn level 3, §7.1)."""

from collections.abc import Sequence

import structlog
import webauthn
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn.helpers import options_to_json_dict, structs
from webauthn.registration.verify_registration_response import VerifiedRegistration

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.second_factors import ceremonies, enrolment, notices, repository
from controlplane.second_factors.ceremonies import Json, Purpose
from controlplane.second_factors.errors import PasskeyLimitReached, PasskeyNotAccepted, PasskeyTaken
from controlplane.second_factors.models import Passkey
from controlplane.second_factors.relying_party import NAME, RelyingParty
from controlplane.users.models import User

LIMIT = 20
# WebAuthn §7.1: longer ones are refused.
_LONGEST_ID = 1023
_TRANSPORTS = [transport.value for transport in structs.AuthenticatorTransport]
# Discoverable, so that it signs in without an address; other authenticators still make a second factor.
_SELECTION = structs.AuthenticatorSelectionCriteria(
    resident_key=structs.ResidentKeyRequirement.PREFERRED,
    user_verification=structs.UserVerificationRequirement.PREFERRED,
)
log = structlog.get_logger()


def options(session: Session, by: Principal, session_id: str, party: RelyingParty) -> Json:
    """`PublicKeyCredentialCreationOptionsJSON` for `navigator.credentials.create`. Raises `PasskeyLimitReached`."""
    user = repository.user_locked(session, by.user_id)
    known = _within_limit(session, by.user_id)
    made = webauthn.generate_registration_options(
        rp_id=party.identifier,
        rp_name=NAME,
        user_id=user.user_id.encode(),
        user_name=user.email,
        user_display_name=user.name or user.email,
        challenge=ceremonies.begin(session, Purpose.REGISTER, _binding(by, session_id)),
        timeout=ceremonies.MILLISECONDS,
        authenticator_selection=_SELECTION,
        exclude_credentials=descriptors(known),
    )
    return options_to_json_dict(made)


def add(
    session: Session, by: Principal, session_id: str, name: str, credential: Json, party: RelyingParty
) -> tuple[Passkey, list[str] | None]:
    """The new passkey, and recovery codes as in `enrolment.added`.

    Raises `PasskeyChallengeOver`, `PasskeyNotAccepted`, `PasskeyTaken`, `PasskeyLimitReached`.
    """
    user = repository.user_locked(session, by.user_id)
    _within_limit(session, by.user_id)
    challenge = ceremonies.redeem(session, Purpose.REGISTER, _binding(by, session_id), credential)
    passkey = _row(user, name, credential, _verified(credential, challenge, party))
    try:
        # A savepoint: of two who bring the same credential at once, the second is told.
        with session.begin_nested():
            session.add(passkey)
    except IntegrityError as error:
        raise PasskeyTaken from error
    audit.record(session, by, "passkey.add", passkey.passkey_id, details={"name": name})
    notices.send(session, user, notices.PASSKEY_ADDED, name)
    return passkey, enrolment.added(session, user)


def rename(session: Session, by: Principal, passkey_id: str, name: str) -> Passkey:
    """Raises `NotFound`."""
    passkey = _own(session, by, passkey_id)
    details = audit.change({"name": passkey.name}, {"name": name})
    passkey.name = name
    audit.record(session, by, "passkey.rename", passkey_id, details=details)
    return passkey


def remove(session: Session, by: Principal, passkey_id: str) -> None:
    """Raises `NotFound`."""
    user = repository.user_locked(session, by.user_id)
    passkey = _own(session, by, passkey_id)
    session.delete(passkey)
    audit.record(session, by, "passkey.remove", passkey_id, details={"name": passkey.name})
    notices.send(session, user, notices.PASSKEY_REMOVED, passkey.name)
    enrolment.removed(session, user)


def descriptors(passkeys: Sequence[Passkey]) -> list[structs.PublicKeyCredentialDescriptor]:
    """What `excludeCredentials` and `allowCredentials` list."""
    return [
        structs.PublicKeyCredentialDescriptor(
            id=passkey.credential_id, transports=[structs.AuthenticatorTransport(known) for known in passkey.transports]
        )
        for passkey in passkeys
    ]


def _verified(credential: Json, challenge: bytes, party: RelyingParty) -> VerifiedRegistration:
    try:
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.identifier,
            expected_origin=party.origin,
        )
    except Exception as error:  # every parser behind it (CBOR, COSE, X.509) fails in ways of its own
        log.info("passkey_not_accepted", reason=str(error))
        raise PasskeyNotAccepted(
            "Your authenticator's answer does not fit: wrong site, wrong attempt or a damaged answer. "
            f"Begin again on a page of {party.origin}."
        ) from error


def _row(user: User, name: str, credential: Json, verified: VerifiedRegistration) -> Passkey:
    if len(verified.credential_id) > _LONGEST_ID:
        raise PasskeyNotAccepted(f"A passkey's identifier has at most {_LONGEST_ID} bytes. Use another authenticator.")
    offered = credential["response"].get("transports")
    return Passkey(
        passkey_id=new_id("psk"),
        user_id=user.user_id,
        name=name,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=[known for known in _TRANSPORTS if isinstance(offered, list) and known in offered],
        backed_up=verified.credential_backed_up,
        created_at=clock.now(),
    )


def _own(session: Session, by: Principal, passkey_id: str) -> Passkey:
    passkey = repository.passkey(session, by.user_id, passkey_id)
    if passkey is None:
        raise NotFound("passkey")
    return passkey


def _within_limit(session: Session, user_id: str) -> Sequence[Passkey]:
    known = repository.passkeys(session, user_id)
    if len(known) >= LIMIT:
        raise PasskeyLimitReached(LIMIT)
    return known


def _binding(by: Principal, session_id: str) -> str:
    return f"{by.user_id}:{session_id}"
