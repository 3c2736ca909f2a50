from typing import Annotated

from fastapi import APIRouter, Depends, status

from controlplane.edge_audit import service
from controlplane.edge_audit.schemas import EngineCalls
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.runners.models import Runner

router = APIRouter(prefix="/internal/v1/audit", tags=["edges"])


@router.post("", status_code=status.HTTP_204_NO_CONTENT)
def take(body: EngineCalls, runner: Annotated[Runner, Depends(authenticated_runner)]) -> None:
    """What callers changed in engines. When this has answered, the edge may forget it."""
    service.take(runner.runner_id, body.items)
