"""Environments of all accounts, for those who operate the plane: where they run and how they are."""

from typing import Annotated

from fastapi import APIRouter, Query

from controlplane.auth import Operator
from controlplane.core.database import DbSession
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.environments import repository
from controlplane.environments.models import Environment
from controlplane.environments.schemas import PlacedEnvironmentView
from controlplane.environments.status import Status

router = APIRouter(prefix="/environments", tags=["operators"])


@router.get("", operation_id="listAllEnvironments")
def list_all_environments(
    session: DbSession,
    _by: Operator,
    status: Annotated[Status | None, Query(description="only those with this status")] = None,
    runner: Annotated[str | None, Query(description="only those on this runner", max_length=64)] = None,
    text: Annotated[
        str | None, Query(description="only those whose name, account or identifier holds this", max_length=100)
    ] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[PlacedEnvironmentView]:
    """All environments of the plane, deleted and not yet destroyed ones included."""
    query = repository.of_plane(status, runner, text)
    rows, following = page(session, query, Environment.environment_id, after, limit)
    names = repository.account_names(session, {row.account_id for row in rows})
    items = [PlacedEnvironmentView.of(row, names[row.account_id]) for row in rows]
    return Page[PlacedEnvironmentView](items=items, next=following)
