from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from controlplane.auth import Caller, Person, PersonRequired
from controlplane.core import clock
from controlplane.core.database import DbSession
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.login import cookies, repository, service
from controlplane.login.models import LoginSession
from controlplane.login.schemas import SessionView
from controlplane.settings import settings

router = APIRouter(prefix="/auth/sessions", tags=["auth"])


def _current(request: Request, _caller: Caller) -> str:
    session_id: str = request.state.session_id
    return session_id


Current = Annotated[str, Depends(_current)]


@router.get("", operation_id="listSessions")
def list_sessions(
    session: DbSession, caller: Caller, current: Current, after: After = None, limit: Limit = 50
) -> Page[SessionView]:
    """Where you are signed in, newest first: browsers, and programs you let in."""
    now = clock.now()
    query = repository.living(caller.user_id, now, now - timedelta(hours=settings().session_idle_hours))
    rows, following = page(session, query, LoginSession.session_id, after, limit, newest_first=True)
    return Page[SessionView](items=[_view(row, current) for row in rows], next=following)


@router.delete(
    "/{session_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    operation_id="endSession",
    responses=refusals(PersonRequired),
)
def end_session(session_id: str, session: DbSession, caller: Caller, current: Current, response: Response) -> None:
    """End one of your sessions: its cookie and its access tokens stop working, here and at the edges.

    A program in your name may end programs' sessions, not those of your browsers.
    """
    service.end_own(session, caller, session_id)
    if session_id == current:
        cookies.clear_on(response)


@router.delete("", status_code=status.HTTP_204_NO_CONTENT, operation_id="endOtherSessions")
def end_other_sessions(session: DbSession, person: Person, current: Current) -> None:
    """End all of your sessions but this one."""
    service.end_others(session, person, current)


def _view(row: LoginSession, current: str) -> SessionView:
    columns = {name: getattr(row, name) for name in SessionView.model_fields if name != "current"}
    return SessionView(**columns, current=row.session_id == current)
