from typing import Annotated

from fastapi import APIRouter, Header, Request, status

from controlplane.auth import Caller, PersonRequired, RecentPerson, RecentSignInRequired
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.second_factors import passkeys, recovery_codes, service, totp
from controlplane.second_factors.errors import (
    FactorNeeded,
    PasskeyChallengeOver,
    PasskeyLimitReached,
    PasskeyNotAccepted,
    PasskeysNeedAHostName,
    PasskeysNeedHttps,
    PasskeyTaken,
    TotpEnabled,
    TotpNotStarted,
    WrongCode,
)
from controlplane.second_factors.relying_party import relying_party
from controlplane.second_factors.schemas import (
    AddedPasskey,
    EnrolledView,
    NewPasskey,
    PasskeyChange,
    PasskeyOptions,
    PasskeyView,
    RecoveryCodesView,
    SecondFactorsView,
    TotpCode,
    TotpSetup,
)

router = APIRouter(prefix="/auth", tags=["second factors"])
# What a browser says of the page that asks; a program says nothing.
Origin = Annotated[str | None, Header(include_in_schema=False)]
_RECENT = (RecentSignInRequired, PersonRequired)


@router.get("/second-factors", operation_id="getSecondFactors")
def get_second_factors(session: DbSession, caller: Caller) -> SecondFactorsView:
    """Your second factors, and how many recovery codes are left."""
    return SecondFactorsView.model_validate(service.overview(session, caller))


@router.post(
    "/totp",
    status_code=status.HTTP_201_CREATED,
    operation_id="startTotp",
    responses=refusals(TotpEnabled, *_RECENT),
)
def start_totp(session: DbSession, person: RecentPerson) -> TotpSetup:
    """Begin to set up an authenticator app; it counts once a code of it is confirmed."""
    return TotpSetup.model_validate(totp.start(session, person))


@router.post(
    "/totp/confirm",
    operation_id="confirmTotp",
    responses=refusals(WrongCode, TotpNotStarted, TotpEnabled, *_RECENT),
)
def confirm_totp(body: TotpCode, session: DbSession, person: RecentPerson) -> EnrolledView:
    """Confirm the authenticator app with the code it shows."""
    return EnrolledView(recovery_codes=totp.confirm(session, person, body.code))


@router.delete(
    "/totp",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="removeTotp",
    responses=refusals(*_RECENT),
)
def remove_totp(session: DbSession, person: RecentPerson) -> None:
    """Remove the authenticator app; with your last factor, your recovery codes go too."""
    totp.remove(session, person)


@router.post(
    "/recovery-codes",
    status_code=status.HTTP_201_CREATED,
    operation_id="renewRecoveryCodes",
    responses=refusals(FactorNeeded, *_RECENT),
)
def renew_recovery_codes(session: DbSession, person: RecentPerson) -> RecoveryCodesView:
    """Make a new set of recovery codes; the old ones stop working."""
    return RecoveryCodesView(recovery_codes=recovery_codes.renew(session, person))


@router.post(
    "/passkeys/options",
    operation_id="startPasskey",
    responses=refusals(PasskeyLimitReached, PasskeysNeedAHostName, PasskeysNeedHttps, *_RECENT),
)
def start_passkey(request: Request, session: DbSession, person: RecentPerson, origin: Origin = None) -> PasskeyOptions:
    """Begin to add a passkey: the options for `navigator.credentials.create`."""
    party = relying_party(origin)
    return PasskeyOptions(public_key=passkeys.options(session, person, request.state.session_id, party))


@router.post(
    "/passkeys",
    status_code=status.HTTP_201_CREATED,
    operation_id="addPasskey",
    responses=refusals(
        PasskeyChallengeOver,
        PasskeyNotAccepted,
        PasskeyTaken,
        PasskeyLimitReached,
        PasskeysNeedAHostName,
        PasskeysNeedHttps,
        *_RECENT,
    ),
)
def add_passkey(
    body: NewPasskey, request: Request, session: DbSession, person: RecentPerson, origin: Origin = None
) -> AddedPasskey:
    """Add the passkey that the browser made."""
    party = relying_party(origin)
    made, codes = passkeys.add(session, person, request.state.session_id, body.name, body.credential, party)
    return AddedPasskey(passkey=PasskeyView.model_validate(made), recovery_codes=codes)


@router.patch("/passkeys/{passkey_id}", operation_id="renamePasskey", responses=refusals(*_RECENT))
def rename_passkey(passkey_id: str, body: PasskeyChange, session: DbSession, person: RecentPerson) -> PasskeyView:
    """Rename a passkey."""
    return PasskeyView.model_validate(passkeys.rename(session, person, passkey_id, body.name))


@router.delete(
    "/passkeys/{passkey_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="removePasskey",
    responses=refusals(*_RECENT),
)
def remove_passkey(passkey_id: str, session: DbSession, person: RecentPerson) -> None:
    """Remove a passkey; with your last factor, your recovery codes go too."""
    passkeys.remove(session, person, passkey_id)
