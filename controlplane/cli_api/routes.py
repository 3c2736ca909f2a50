"""Refusals of the RPC as the stock CLI reads them: `{"message", "restate_code"}`, beside what all our refusals have."""

import json
from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from controlplane.core import http
from controlplane.core.errors import ApplicationError


class RpcRoute(APIRoute):
    """The CLI prints `{restate_code} {message}`, whatever the status."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except ApplicationError as error:
                return _told(http.rendered(error))
            except RequestValidationError as error:
                return _told(http.unreadable(error))

        return handled


def _told(ours: JSONResponse) -> Response:
    body = json.loads(bytes(ours.body))
    headers = {name: value for name, value in ours.headers.items() if name != "content-length"}
    return JSONResponse(body | {"restate_code": body["code"]}, ours.status_code, headers)
