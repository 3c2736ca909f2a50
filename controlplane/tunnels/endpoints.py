from typing import Annotated

from fastapi import APIRouter, Depends, status

from controlplane.auth import Permission, Principal, require
from controlplane.core.database import DbSession
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.tunnels import service
from controlplane.tunnels.schemas import TunnelList, TunnelReports

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/tunnels", tags=["services"])
internal_router = APIRouter(prefix="/internal/v1/tunnels", tags=["runners"])
Reader = Annotated[Principal, Depends(require(Permission.ENVIRONMENT_READ))]


@router.get("", operation_id="listTunnels")
def list_tunnels(account_id: str, environment_id: str, session: DbSession, principal: Reader) -> TunnelList:
    """The environment's tunnels: who is connected, what passed, what failed last. One that is gone stays an hour."""
    return TunnelList(items=service.tunnels(session, principal, account_id, environment_id))


@internal_router.post("", status_code=status.HTTP_204_NO_CONTENT, dependencies=[Depends(authenticated_runner)])
def report_tunnels(body: TunnelReports) -> None:
    """All that a relay node knows of now."""
    service.take(body)
