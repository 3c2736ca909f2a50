from collections.abc import Callable
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BeforeValidator
from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from controlplane.auth import Permission, Principal, require
from controlplane.core.errors import Unauthenticated
from controlplane.core.head import HEAD_ONLY
from controlplane.core.http import rendered
from controlplane.core.moments import Moment
from controlplane.core.openapi import Responses, refusals
from controlplane.core.schema import printable
from controlplane.environments import service as environments
from controlplane.logs import reading
from controlplane.logs.errors import TooManyFollowers
from controlplane.logs.followers import Follower, Followers
from controlplane.logs.reading import Reader
from controlplane.logs.repository import Filter
from controlplane.logs.schemas import Level, LineView, Source
from controlplane.logs.service import MOST_LINES

router = APIRouter(prefix="/accounts/{account_id}/environments/{environment_id}/logs", tags=["logs"])

LogReader = Annotated[Principal, Depends(require(Permission.LOG_READ))]
Since = Annotated[Moment | None, Query(description="lines from this time on: RFC 3339, or how long ago, such as 15m")]
Until = Annotated[Moment | None, Query(description="lines before this time")]
Limit = Annotated[int, Query(ge=0, le=MOST_LINES, description="the last so many of them; they come oldest first")]
Follow = Annotated[bool, Query(description="then go on with new lines as they come, as server-sent events")]
LeastLevel = Annotated[Level | None, BeforeValidator(str.upper), Query(description="lines at least as serious")]
Text = Annotated[
    str | None, AfterValidator(printable), Query(max_length=200, description="lines that hold this text, in any case")
]
OneSource = Annotated[
    Source | None, Query(description="lines of the `engine`, the `edge`, or the `node`'s remarks only")
]
Cursor = Annotated[
    int | None, Header(alias="last-event-id", ge=0, lt=2**63, description="with `follow`: go on after this event")
]
_ANSWER: Responses = {
    200: {
        "content": {
            "application/x-ndjson": {"schema": {"$ref": "#/components/schemas/LineView"}},
            "text/event-stream": {"schema": {"$ref": "#/components/schemas/LineView"}},
        },
        "model": LineView,
    }
}


@router.get("", operation_id="readLogs", responses=_ANSWER | refusals(TooManyFollowers))
async def read_logs(
    request: Request,
    account_id: str,
    environment_id: str,
    principal: LogReader,
    since: Since = None,
    until: Until = None,
    limit: Limit = 1000,
    level: LeastLevel = None,
    text: Text = None,
    source: OneSource = None,
    follow: Follow = False,
    last_event_id: Cursor = None,
) -> Response:
    """What the environment's engine and edge log: one JSON object a line, or one a server-sent event with `follow`."""
    if follow and until is not None:
        raise RequestValidationError([_no_end()])
    check = _check(request, account_id, environment_id)
    reader = Reader(request.app, principal.user_id, environment_id, Filter(since, until, level, text, source), check)
    after = await reader.start(limit)
    if follow:
        cursor = after if last_event_id is None else last_event_id
        return _Live(request.app.state.followers, reader, cursor)
    first = await reader.page(after, min(limit, reading.PAGE))
    return StreamingResponse(reading.window(reader, first, limit), media_type="application/x-ndjson")


def _no_end() -> dict[str, Any]:
    rule = ValueError("Following has no end. Leave out `until`, or `follow`.")
    return {"type": "value_error", "loc": ("query", "until"), "msg": str(rule), "ctx": {"error": rule}}


def _check(request: Request, account_id: str, environment_id: str) -> Callable[[Session], None]:
    """Asks again from the very credential of the request: it may have been revoked, or its user removed."""
    scope = {name: value for name, value in request.scope.items() if name != "state"}

    def check(session: Session) -> None:
        again = Request({**scope, "state": {}})
        request.app.state.identify(again, session)
        principal: Principal | None = getattr(again.state, "principal", None)
        if principal is None:
            raise Unauthenticated("Your session is over. Sign in again.")
        principal.check(Permission.LOG_READ, account_id)
        environments.get(session, principal, account_id, environment_id)

    return check


class _Live(Response):
    """Takes its place among the followers when it is sent, and gives it back whatever becomes of that."""

    def __init__(self, followers: Followers, reader: Reader, after: int) -> None:
        super().__init__(media_type="text/event-stream")
        self._followers, self._reader, self._after = followers, reader, after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get(HEAD_ONLY):
            await super().__call__(scope, receive, send)
            return
        try:
            follower = self._followers.join(self._reader.user_id, self._reader.environment_id)
        except TooManyFollowers as error:
            await rendered(error)(scope, receive, send)
            return
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_end_when_gone, follower, receive)
                await self._events(follower)(scope, receive, send)
                tasks.cancel_scope.cancel()
        finally:
            self._followers.leave(follower)

    def _events(self, follower: Follower) -> StreamingResponse:
        events = reading.live(self._reader, follower, self._after)
        # A proxy that gathers an answer before it passes it on would hold lines back.
        return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _end_when_gone(follower: Follower, receive: Receive) -> None:
    """Without this, an end of the connection shows only when there is something to send."""
    while (await receive())["type"] != "http.disconnect":
        pass
    follower.end = True
    follower.wake.set()
