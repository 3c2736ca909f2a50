from fastapi import APIRouter

from controlplane.auth import Caller
from controlplane.core.database import DbSession
from controlplane.operations import service
from controlplane.operations.models import Operation
from controlplane.operations.schemas import OperationView

router = APIRouter(prefix="/operations", tags=["operations"])


@router.get("/{operation_id}", response_model=OperationView, operation_id="getOperation")
def get_operation(operation_id: str, session: DbSession, principal: Caller) -> Operation:
    """Progress of a long change, step by step."""
    return service.get(session, operation_id, principal.account_ids)
