from typing import Annotated

from fastapi import APIRouter, Depends, status

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.runners.models import Runner
from controlplane.throttling import service
from controlplane.throttling.schemas import Limit, ThrottledItems, ThrottlingHour, ThrottlingView

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/throttling", tags=["environments"])
internal_router = APIRouter(prefix="/internal/v1/edge/throttling", tags=["edges"])

Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]


@router.get("", operation_id="getThrottling")
def get_throttling(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> ThrottlingView:
    """Who was throttled in the last 24 hours: requests that the edge refused, by hour, limit and principal."""
    rows = service.of_environment(session, principal, account_id, environment_id)
    return ThrottlingView(
        items=[
            ThrottlingHour(hour=row.hour, limit=Limit(row.limit), principal=row.principal or None, requests=row.count)
            for row in rows
        ]
    )


@internal_router.post("", status_code=status.HTTP_204_NO_CONTENT)
def take(body: ThrottledItems, session: DbSession, runner: Annotated[Runner, Depends(authenticated_runner)]) -> None:
    """Requests that an edge refused since it told last."""
    service.take(session, runner.runner_id, body.items)
