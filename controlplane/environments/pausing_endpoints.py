from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.environments import pausing
from controlplane.environments.endpoints import change_view
from controlplane.environments.errors import EnvironmentDeleted, PurgeInProgress
from controlplane.environments.schemas import EnvironmentChange

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}", tags=["environments"])

Updater = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_UPDATE))]


@router.post(
    "/pause",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=EnvironmentChange,
    operation_id="pauseEnvironment",
    responses=refusals(EnvironmentDeleted, PurgeInProgress),
)
def pause_environment(
    account_id: str, environment_id: str, session: DbSession, principal: Updater, once: Once
) -> Response:
    """Pause: calls are refused at once and the engine is ended gently. Data, keys and addresses stay; timers wait."""
    pause = partial(pausing.pause, session, principal, account_id, environment_id)
    return once(principal.user_id, lambda: change_view(session, pause()))


@router.post(
    "/wake",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=EnvironmentChange,
    operation_id="wakeEnvironment",
    responses=refusals(EnvironmentDeleted, PurgeInProgress),
)
def wake_environment(
    account_id: str, environment_id: str, session: DbSession, principal: Updater, once: Once
) -> Response:
    """Wake a paused environment: its invocations go on, and timers that were due meanwhile fire now."""
    wake = partial(pausing.wake, session, principal, account_id, environment_id)
    return once(principal.user_id, lambda: change_view(session, wake()))
