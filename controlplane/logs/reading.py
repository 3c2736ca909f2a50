"""Answers made of log lines: a window as JSON lines, or a log as it grows as server-sent events.

Lines are read a page at a time, in few threads of their own, so that readers of logs hold up nobody else; and one user
has few of these, so that no reader holds up all others.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import anyio
import structlog
from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from controlplane.core.database import transaction
from controlplane.core.errors import ApplicationError
from controlplane.logs import repository, service
from controlplane.logs.followers import Follower
from controlplane.logs.repository import Filter, Logged
from controlplane.logs.schemas import End, Level, LineView, Source

Result = TypeVar("Result")
PAGE = 500
PAGE_BYTES = 256 * 1024
"""So much, and not much more, is held for somebody who reads slowly."""
THREADS = 6
THREADS_OF_ONE_USER = 2
CHECK_SECONDS = 1.0
"""Who has lost the right gets nothing more after this."""
HEARTBEAT_SECONDS = 15.0
log = structlog.get_logger()


@dataclass(frozen=True)
class Page:
    """Rendered lines by sequence; the next page comes after `last`, and at once when this one is `full`."""

    lines: list[tuple[int, str]]
    last: int
    full: bool


@dataclass(frozen=True)
class Reader:
    """One environment's log for somebody; `check` raises an `ApplicationError` when they may not read it."""

    app: FastAPI
    user_id: str
    environment_id: str
    wanted: Filter
    check: Callable[[Session], None]

    async def start(self, last_lines: int) -> int:
        """The sequence after which the last so many lines begin. Checks first."""
        return await self._in_thread(partial(self._start, last_lines))

    async def page(self, after: int, limit: int, *, check: bool = False) -> Page:
        return await self._in_thread(partial(self._page, after, limit, check))

    async def _in_thread(self, function: Callable[[Session], Result]) -> Result:
        threads = _threads(self.app)
        async with threads.of_user(self.user_id):
            return await anyio.to_thread.run_sync(partial(_in_transaction, function), limiter=threads.all)

    def _start(self, last_lines: int, session: Session) -> int:
        self.check(session)
        if not last_lines:
            return repository.last_sequence(session, self.environment_id)
        return repository.first_of_last(session, self.environment_id, self.wanted, last_lines) - 1

    def _page(self, after: int, limit: int, check: bool, session: Session) -> Page:
        if check:
            self.check(session)
        # Read first: every line up to here is among the rows, or is not wanted.
        newest = repository.last_sequence(session, self.environment_id)
        rows, full = repository.following(session, self.environment_id, self.wanted, after, limit, PAGE_BYTES)
        lines = [(row.sequence, _rendered(row)) for row in rows]
        last = rows[-1].sequence if rows else after
        return Page(lines, last if full else max(last, newest), full)


async def window(reader: Reader, first: Page, limit: int) -> AsyncIterator[str]:
    """`first`, and what follows it up to `limit` lines in all, as application/x-ndjson."""
    page, left = first, limit - len(first.lines)
    yield "".join(line + "\n" for _, line in page.lines)
    while page.full and left > 0:
        page = await reader.page(page.last, min(PAGE, left))
        left -= len(page.lines)
        yield "".join(line + "\n" for _, line in page.lines)


async def live(reader: Reader, follower: Follower, after: int) -> AsyncIterator[str]:
    """Every line after `after`, for as long as its reader may see them, as text/event-stream.

    An event's id is the line's cursor. Comments show that the connection lives; the event `end` says why nothing more
    comes.
    """
    yield "retry: 2000\n\n"
    try:
        async for text in _Following(reader, follower, after).events():
            yield text
    except ApplicationError as error:
        yield f"event: end\ndata: {End(code=error.code, message=error.message).model_dump_json()}\n\n"


class _Following:
    def __init__(self, reader: Reader, follower: Follower, after: int) -> None:
        self.reader, self.follower, self.after = reader, follower, after
        self.now = asyncio.get_running_loop().time
        self.checked = self.told = self.now()

    async def events(self) -> AsyncIterator[str]:
        while not self.follower.end:
            self.follower.wake.clear()
            page = await self.read()
            self.after = page.last
            if page.lines or self.now() - self.told >= HEARTBEAT_SECONDS:
                self.told = self.now()
                yield "".join(f"id: {sequence}\ndata: {line}\n\n" for sequence, line in page.lines) or ": quiet\n\n"
            if not page.full:
                await self.idle()

    async def read(self) -> Page:
        """The next page; an empty one, after a moment, while the database is away."""
        due = self.now() - self.checked >= CHECK_SECONDS
        try:
            page = await self.reader.page(self.after, PAGE, check=due)
        except SQLAlchemyError as error:
            log.warning("follower_waits_for_database", error=type(error).__name__)
            await asyncio.sleep(CHECK_SECONDS)
            self.follower.wake.set()
            return Page([], self.after, full=False)
        if due:
            self.checked = self.now()
        return page

    async def idle(self) -> None:
        """Until there is news, or it is time for a sign of life. Doubts about rights wait until a check is due."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self.told + HEARTBEAT_SECONDS - self.now())):
                await self.follower.wake.wait()
        if self.follower.doubtful:
            self.follower.doubtful = False
            await asyncio.sleep(max(0.0, self.checked + CHECK_SECONDS - self.now()))


def _in_transaction(function: Callable[[Session], Result]) -> Result:
    with transaction() as session:
        return function(session)


class _Threads:
    def __init__(self) -> None:
        self.all = anyio.CapacityLimiter(THREADS)
        self._of_users: WeakValueDictionary[str, anyio.Semaphore] = WeakValueDictionary()

    def of_user(self, user_id: str) -> anyio.Semaphore:
        """Forgotten when nobody holds or awaits it."""
        found = self._of_users.get(user_id)
        if found is None:
            found = self._of_users[user_id] = anyio.Semaphore(THREADS_OF_ONE_USER)
        return found


def _threads(app: FastAPI) -> _Threads:
    if not hasattr(app.state, "log_threads"):
        app.state.log_threads = _Threads()
    threads: _Threads = app.state.log_threads
    return threads


def _rendered(row: Logged) -> str:
    view = LineView(
        at=row.at,
        unix_nanos=service.unix_nanos(row.at),
        level=Level(row.level),
        source=Source(row.source),
        line=row.line,
    )
    return view.model_dump_json()
