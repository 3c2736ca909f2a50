from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.environments import service, upgrading
from controlplane.environments.endpoints import change_view
from controlplane.environments.errors import (
    EnvironmentDeleted,
    EnvironmentPaused,
    PurgeInProgress,
    VersionNotOffered,
)
from controlplane.environments.schemas import EnvironmentChange, Upgrade, VersionsView

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}", tags=["environments"])

Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]
Updater = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_UPDATE))]


@router.get("/versions", operation_id="listEngineVersions")
def list_engine_versions(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> VersionsView:
    """The engine version of an environment, and those it may be upgraded to."""
    environment = service.get(session, principal, account_id, environment_id)
    return VersionsView(current=environment.engine_version, newer=upgrading.offered(session, environment))


@router.post(
    "/upgrade",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=EnvironmentChange,
    operation_id="upgradeEnvironment",
    responses=refusals(VersionNotOffered, EnvironmentDeleted, EnvironmentPaused, PurgeInProgress),
)
def upgrade_environment(
    account_id: str, environment_id: str, body: Upgrade, session: DbSession, principal: Updater, once: Once
) -> Response:
    """Restart the engine gently as a newer version. If that does not come up, the version before is started again."""
    upgrade = partial(upgrading.upgrade, session, principal, account_id, environment_id, body.version)
    return once(principal.user_id, lambda: change_view(session, upgrade()))
