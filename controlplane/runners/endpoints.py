"""The nodes that run engines, for those who operate the plane; and the regions they are in, for everybody."""

from fastapi import APIRouter
from sqlalchemy import select

from controlplane.auth import Caller, Operator
from controlplane.core.database import DbSession
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.runners import repository, service
from controlplane.runners.models import Runner
from controlplane.runners.schemas import RegionList, RegionView, RunnerUpdate, RunnerView
from controlplane.settings import settings

regions_router = APIRouter(prefix="/regions", tags=["environments"])
router = APIRouter(prefix="/runners", tags=["operators"])


@router.get("", operation_id="listRunners")
def list_runners(session: DbSession, _by: Operator, after: After = None, limit: Limit = 50) -> Page[RunnerView]:
    """Every runner with its room, its version, and whether its kernel holds engines to their outbound policies."""
    rows, following = page(session, select(Runner), Runner.runner_id, after, limit)
    return Page[RunnerView](items=[RunnerView.of(row) for row in rows], next=following)


@router.patch("/{runner_id}", operation_id="updateRunner")
def update_runner(runner_id: str, body: RunnerUpdate, session: DbSession, by: Operator) -> RunnerView:
    """Drain a runner: it takes no new environments, those it has stay. Or end that."""
    return RunnerView.of(service.set_draining(session, by, runner_id, draining=body.draining))


@regions_router.get("", operation_id="listRegions")
def list_regions(session: DbSession, _by: Caller) -> RegionList:
    """Where environments can be: every region that has a runner."""
    default = settings().region
    names = repository.regions(session)
    return RegionList(items=[RegionView(region=name, is_default=name == default) for name in names])
