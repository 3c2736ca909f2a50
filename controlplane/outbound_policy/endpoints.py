from typing import Annotated

from fastapi import APIRouter, Depends

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.outbound_policy import service
from controlplane.outbound_policy.errors import OperatorMustAllow
from controlplane.outbound_policy.schemas import OutboundAdditions, OutboundPolicyView

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/outbound-policy", tags=["services"])
Reader = Annotated[Principal, Depends(require(Permission.OUTBOUND_READ))]
Manager = Annotated[Principal, Depends(require(Permission.OUTBOUND_MANAGE))]


@router.get("", operation_id="getOutboundPolicy")
def get_outbound_policy(
    account_id: str, environment_id: str, session: DbSession, principal: Reader
) -> OutboundPolicyView:
    """What this environment may reach beside public addresses: the operator's defaults, and its own additions."""
    return service.view(session, principal, account_id, environment_id)


@router.put("", operation_id="putOutboundPolicy", responses=refusals(OperatorMustAllow))
def put_outbound_policy(
    account_id: str, environment_id: str, body: OutboundAdditions, session: DbSession, principal: Manager
) -> OutboundPolicyView:
    """Replace this environment's additions. What lies outside `defaults.grantableNetworks` an operator must add."""
    return service.put(session, principal, account_id, environment_id, body)
