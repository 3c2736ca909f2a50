"""For the pages: what waits for a person's consent, and their decision. Programs' tokens may not consent."""

from fastapi import APIRouter, Request

from controlplane.auth import Person
from controlplane.core import http
from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.oauth import devices, service
from controlplane.oauth.errors import (
    AlreadyDecided,
    AuthorizationRefused,
    RedirectRefused,
    UnknownClient,
    UnknownUserCode,
)
from controlplane.oauth.schemas import (
    AuthorizationDecision,
    AuthorizationQuery,
    AuthorizationView,
    DeviceDecision,
    DeviceRequestView,
    DeviceStatus,
    Redirection,
)

router = APIRouter(prefix="/auth", tags=["programs"])
_REFUSALS = refusals(UnknownClient, RedirectRefused, AuthorizationRefused)


@router.get(
    "/device/{user_code}", response_model=DeviceRequestView, operation_id="getDeviceRequest",
    responses=refusals(UnknownUserCode, TooManyRequests),
)  # fmt: skip
def get_device_request(user_code: str, session: DbSession, person: Person) -> object:
    """The program that waits with this code, and where it asked from."""
    waiting = devices.look(session, person, user_code)
    # Returned, not raised: the count of wrong guesses is part of this transaction and has to stay.
    return DeviceRequestView.model_validate(waiting) if waiting else http.rendered(UnknownUserCode())


@router.post(
    "/device/{user_code}", response_model=DeviceStatus, operation_id="decideDeviceRequest",
    responses=refusals(UnknownUserCode, AlreadyDecided, TooManyRequests),
)  # fmt: skip
def decide_device_request(
    user_code: str, body: DeviceDecision, request: Request, session: DbSession, person: Person
) -> object:
    """Let the program in with your rights, or turn it away; once."""
    approved = body.decision == "approve"
    waiting = devices.decide(session, person, request.state.session_id, user_code, approved=approved)
    return DeviceStatus.model_validate(waiting) if waiting else http.rendered(UnknownUserCode())


@router.post("/authorize", operation_id="checkAuthorization", responses=_REFUSALS)
def check_authorization(body: AuthorizationQuery, session: DbSession, _person: Person) -> AuthorizationView:
    """What an authorization request asks for, to show before deciding; nothing is granted by it."""
    return AuthorizationView.model_validate(service.check_authorization(session, body.parameters()))


@router.post("/authorize/decision", operation_id="decideAuthorization", responses=_REFUSALS)
def decide_authorization(
    body: AuthorizationDecision, request: Request, session: DbSession, person: Person
) -> Redirection:
    """Grant or refuse an authorization request; the program learns it where the browser is sent."""
    approved = body.decision == "approve"
    target = service.decide_authorization(
        session, person, request.state.session_id, body.parameters(), approved=approved
    )
    return Redirection(redirect_to=target)
