from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.environments import limits, read_only, repository, service
from controlplane.environments.effective import ceilings, effective
from controlplane.environments.endpoints import view
from controlplane.environments.errors import AboveCeiling, PurgeInProgress
from controlplane.environments.models import Environment
from controlplane.environments.schemas import (
    EnvironmentUpdate,
    EnvironmentView,
    LimitsChange,
    LimitsDocument,
    LimitsView,
)

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}", tags=["environments"])

Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]
Updater = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_UPDATE))]


@router.patch("", operation_id="updateEnvironment", responses=refusals(PurgeInProgress))
def update_environment(
    account_id: str, environment_id: str, body: EnvironmentUpdate, session: DbSession, principal: Updater
) -> EnvironmentView:
    """Switch read-only on or off: while it is on, nobody and no API key changes anything by the admin API."""
    environment = read_only.switch(session, principal, account_id, environment_id, body.read_only)
    return view(environment, repository.identity_keys(session, environment_id))


@router.get("/limits", operation_id="getLimits")
def get_limits(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> LimitsView:
    """What the edge lets this environment take, and how much of each the account may choose."""
    return _view(service.get(session, principal, account_id, environment_id))


@router.patch("/limits", operation_id="updateLimits", responses=refusals(AboveCeiling, PurgeInProgress))
def update_limits(
    account_id: str, environment_id: str, body: LimitsChange, session: DbSession, principal: Updater
) -> LimitsView:
    """Choose limits below the ceilings; null takes a choice back. Another body size restarts the engine, gently."""
    chosen = body.model_dump(include=body.model_fields_set, by_alias=False)
    return _view(limits.choose(session, principal, account_id, environment_id, chosen))


def _view(environment: Environment) -> LimitsView:
    return LimitsView(
        limits=LimitsDocument.model_validate(effective(environment)),
        ceilings=LimitsDocument.model_validate(ceilings(environment)),
    )
