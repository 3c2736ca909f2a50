from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.admission import service
from controlplane.admission.schemas import Ask, Verdict
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.runners.models import Runner

router = APIRouter(prefix="/internal/v1/admission", tags=["edges"])


@router.post("")
def admit(body: Ask, runner: Annotated[Runner, Depends(authenticated_runner)]) -> Verdict:
    """Whether an engine may be given this."""
    return service.verdict(runner.runner_id, body.environment_id, body.route, body.body)
