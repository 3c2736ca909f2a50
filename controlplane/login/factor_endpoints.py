from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.login import cookies, passwordless, second_step
from controlplane.login.errors import ChallengeOver, WrongSecondFactor
from controlplane.login.factor_schemas import (
    PasskeyLogin,
    PasskeyLoginOptions,
    PendingChallenge,
    SecondFactorAnswer,
)
from controlplane.login.handing import answer
from controlplane.login.schemas import SignedInView
from controlplane.second_factors.errors import (
    NoSuchFactor,
    PasskeyChallengeOver,
    PasskeyRefused,
    PasskeysNeedAHostName,
    PasskeysNeedHttps,
)
from controlplane.second_factors.schemas import PasskeyOptions
from controlplane.second_factors.service import Proof

public_router = APIRouter(prefix="/auth", tags=["auth"], dependencies=[Depends(cookies.refuse_other_sites)])
UserAgent = Annotated[str | None, Header(include_in_schema=False)]
Origin = Annotated[str | None, Header(include_in_schema=False)]


@public_router.post(
    "/second-factor",
    response_model=SignedInView,
    operation_id="proveSecondFactor",
    responses=refusals(
        WrongSecondFactor, ChallengeOver, NoSuchFactor, TooManyRequests, PasskeysNeedAHostName, PasskeysNeedHttps
    ),
)
def prove_second_factor(
    body: SecondFactorAnswer,
    request: Request,
    session: DbSession,
    response: Response,
    user_agent: UserAgent = None,
    origin: Origin = None,
) -> object:
    """Finish signing in with the second factor."""
    proof = Proof(body.method, body.code, body.credential, origin)
    return answer(session, request, response, second_step.finish(session, body.challenge, proof, user_agent))


@public_router.post(
    "/second-factor/options",
    operation_id="startSecondFactor",
    responses=refusals(ChallengeOver, NoSuchFactor, PasskeysNeedAHostName, PasskeysNeedHttps),
)
def start_second_factor(body: PendingChallenge, session: DbSession, origin: Origin = None) -> PasskeyOptions:
    """Begin to prove a passkey as the second factor: the options for `navigator.credentials.get`."""
    return PasskeyOptions(public_key=second_step.passkey_options(session, body.challenge, origin))


@public_router.post(
    "/passkeys/login/options",
    operation_id="startPasskeyLogin",
    responses=refusals(PasskeysNeedAHostName, PasskeysNeedHttps, TooManyRequests),
)
def start_passkey_login(session: DbSession, origin: Origin = None) -> PasskeyLoginOptions:
    """Begin to sign in with a passkey alone: the options for `navigator.credentials.get`."""
    challenge, options = passwordless.begin(session, origin)
    return PasskeyLoginOptions(challenge=challenge, public_key=options)


@public_router.post(
    "/passkeys/login",
    response_model=SignedInView,
    operation_id="logInWithPasskey",
    responses=refusals(PasskeyRefused, PasskeyChallengeOver, PasskeysNeedAHostName, PasskeysNeedHttps, TooManyRequests),
)
def log_in_with_passkey(
    body: PasskeyLogin,
    request: Request,
    session: DbSession,
    response: Response,
    user_agent: UserAgent = None,
    origin: Origin = None,
) -> object:
    """Sign in with a passkey alone; it must verify its user, and then counts as both factors."""
    outcome = passwordless.log_in(session, body.challenge, body.credential, origin, user_agent)
    return answer(session, request, response, outcome)
