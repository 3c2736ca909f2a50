from typing import Annotated

from fastapi import APIRouter, Depends, Request, status

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.environments.errors import EnvironmentDeleted, EnvironmentPaused
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.runners.models import Runner
from controlplane.ui_sessions import service
from controlplane.ui_sessions.errors import CodeInvalid, SessionRequired
from controlplane.ui_sessions.schemas import Redeem, Redeemed, UiSessionView

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/ui-sessions", tags=["environments"])
internal_router = APIRouter(prefix="/internal/v1/ui-sessions", tags=["edges"])
Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    operation_id="createUiSession",
    responses=refusals(EnvironmentDeleted, EnvironmentPaused, SessionRequired),
)
def create_ui_session(
    account_id: str, environment_id: str, request: Request, session: DbSession, principal: Reader
) -> UiSessionView:
    """An address that lets a browser into the engine's own UI with your role: once, within a minute."""
    session_id = getattr(request.state, "session_id", None)
    url, expires_at = service.create(session, principal, session_id, account_id, environment_id)
    return UiSessionView(url=url, expires_at=expires_at)


@internal_router.post("")
def redeem(body: Redeem, session: DbSession, runner: Annotated[Runner, Depends(authenticated_runner)]) -> Redeemed:
    """What an edge gives the browser that brought a code."""
    found = service.redeem(session, runner.runner_id, body.environment_id, body.code)
    if isinstance(found, CodeInvalid):
        return Redeemed(message=found.message)
    return Redeemed(name=found.name, value=found.value)
