"""How many requests are in one place at once: the others wait at its door, without a thread or a connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI, Request

from controlplane.core.errors import Busy

_WAIT_SECONDS = 10


def room(name: str, places: int) -> Callable[[Request], AsyncIterator[None]]:
    """A dependency (of scope "function") that holds one of an application's `places`. Raises `Busy`."""

    async def inside(request: Request) -> AsyncIterator[None]:
        free = _free(request.app, name, places)
        try:
            with anyio.fail_after(_WAIT_SECONDS):
                await free.acquire()
        except TimeoutError as error:
            raise Busy from error
        try:
            yield
        finally:
            free.release()

    return inside


@asynccontextmanager
async def place(app: FastAPI, name: str, places: int) -> AsyncIterator[None]:
    """One of `places`, however long that takes: for what a streamed answer does once in a while."""
    async with _free(app, name, places):
        yield


def _free(app: FastAPI, name: str, places: int) -> anyio.Semaphore:
    if not hasattr(app.state, "rooms"):
        app.state.rooms = {}
    rooms: dict[str, anyio.Semaphore] = app.state.rooms
    return rooms.setdefault(name, anyio.Semaphore(places))
