from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.auth import Permission, Principal, require
from controlplane.core import database
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.environments.errors import EnvironmentDeleted
from controlplane.preflight import service
from controlplane.preflight.schemas import Preflight, PreflightCheck, PreflightResult

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/preflight", tags=["services"])
Developer = Annotated[Principal, Depends(require(Permission.SERVICE_PREFLIGHT))]


@router.post("", operation_id="preflightService", responses=refusals(EnvironmentDeleted))
def preflight_service(
    account_id: str, environment_id: str, body: Preflight, session: DbSession, principal: Developer
) -> PreflightResult:
    """Try a service before it is registered: a signed discovery call as the engine makes it, and what is wrong."""
    trial = service.prepare(session, principal, account_id, environment_id)
    database.commit(session)
    report = service.run(trial, body)
    return PreflightResult(ok=report.ok, checks=[PreflightCheck.model_validate(check) for check in report.checks])
