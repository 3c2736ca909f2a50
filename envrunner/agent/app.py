"""The node agent's calls (docs/wire.md), over HTTP/1.1 on its unix socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from envrunner.agent.metrics import Metrics
from envrunner.agent.node import Node, StaleGeneration, UnknownEngine
from envrunner.wire import Message, Spec, States

_LONGEST_WAIT_SECONDS = 60.0


class BadRequest(Exception):
    """The caller's mistake, in words."""


class Calls:
    """The handlers, bound to one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._metrics = Metrics(node)

    async def put(self, request: Request) -> Response:
        """``PUT /engines/{environmentId}``."""
        try:
            spec = Spec.model_validate_json(await request.body())
        except ValidationError as error:
            # Never the input: it holds a key.
            fields = ", ".join(".".join(map(str, one["loc"])) + ": " + one["msg"] for one in error.errors())
            raise BadRequest(f"not a spec: {fields}") from error
        if spec.environment_id != request.path_params["environment_id"]:
            raise BadRequest("the path names another environment than the body")
        return _json(await self._node.put(spec))

    async def list(self, _request: Request) -> Response:
        """``GET /engines``."""
        return _json(States(items=self._node.states()))

    async def get(self, request: Request) -> Response:
        """``GET /engines/{environmentId}``, perhaps with ``settledWithin``."""
        engine = self._node.engine(request.path_params["environment_id"])
        seconds = _seconds(request.query_params.get("settledWithin", "0"))
        return _json(await engine.wait_settled(seconds) if seconds else engine.state)

    async def egress(self, _request: Request) -> Response:
        """``GET /egress``."""
        return _json(self._node.egress)

    async def usage(self, request: Request) -> Response:
        """``GET /usage``, perhaps with ``after``."""
        after = request.query_params.get("after", "0")
        if not after.isascii() or not after.isdigit():
            raise BadRequest("after is a revision")
        return _json(self._node.meter.news(int(after[:30])))

    async def healthz(self, _request: Request) -> Response:
        """The process is up."""
        return JSONResponse({"status": "up"})

    async def metrics(self, _request: Request) -> Response:
        """For Prometheus."""
        text = await asyncio.to_thread(self._metrics.text)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")


def create_app(node: Node) -> Starlette:
    """The application; opening and closing the node is the caller's."""
    calls = Calls(node)
    one = "/engines/{environment_id}"
    return Starlette(
        routes=[
            Route("/engines", calls.list, methods=["GET"]),
            Route(one, calls.get, methods=["GET"]),
            Route(one, calls.put, methods=["PUT"]),
            Route("/egress", calls.egress, methods=["GET"]),
            Route("/usage", calls.usage, methods=["GET"]),
            Route("/healthz", calls.healthz, methods=["GET"]),
            Route("/metrics", calls.metrics, methods=["GET"]),
        ],
        exception_handlers={
            BadRequest: _refuse(400, "bad_request"),
            UnknownEngine: _refuse(404, "unknown_engine"),
            StaleGeneration: _refuse(409, "stale_generation"),
        },
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise BadRequest("settledWithin is a number of seconds") from None
    if not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
        raise BadRequest(f"settledWithin is between 0 and {_LONGEST_WAIT_SECONDS:.0f} seconds")
    return seconds


def _json(message: Message) -> Response:
    return Response(message.to_json(), media_type="application/json")


def _refuse(status: int, code: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(_request: Request, error: Exception) -> Response:
        return JSONResponse({"code": code, "message": str(error)}, status_code=status)

    return handler
