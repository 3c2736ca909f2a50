"""The edges' half of the internal API (docs/wire.md)."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.concurrency import run_in_threadpool
from pydantic_core import to_json

from controlplane.api_keys import service as api_keys
from controlplane.core.database import DbSession, transaction
from controlplane.edge_feed import repository, service
from controlplane.edge_feed.listener import Listener
from controlplane.edge_feed.schemas import Changes, Snapshot, Usage
from controlplane.provisioning.endpoints import authenticated_runner
from controlplane.ui_sessions import service as ui_sessions

router = APIRouter(prefix="/internal/v1/edge", tags=["edges"], dependencies=[Depends(authenticated_runner)])


@router.get("/snapshot", response_model=Snapshot)
def snapshot() -> Response:
    """All edge tables, with the sequence number they stand at: megabytes, so that they are rendered once and here."""
    with transaction() as session:
        tables = repository.snapshot(session)
    return Response(to_json(tables), media_type="application/json")


@router.get("/changes")
async def changes(
    request: Request, after: Annotated[int, Query(ge=0)], wait: Annotated[float, Query(ge=0, le=30)] = 0
) -> Changes:
    """Long poll: answers as soon as something newer than `after` is committed, or after `wait` seconds."""
    listener: Listener = request.app.state.listener
    deadline = asyncio.get_running_loop().time() + wait
    while True:
        event = listener.event()
        found = await run_in_threadpool(service.changes, after)
        left = deadline - asyncio.get_running_loop().time()
        if found.items or found.reset or left <= 0 or listener.stopping:
            return found
        try:
            await asyncio.wait_for(event.wait(), left)
        except TimeoutError:
            continue


@router.post("/usage", status_code=status.HTTP_204_NO_CONTENT)
def usage(body: Usage, session: DbSession) -> None:
    """When each API key and each engine UI was last used."""
    api_keys.note_used(session, body.keys)
    ui_sessions.note_used(session, body.keys)
