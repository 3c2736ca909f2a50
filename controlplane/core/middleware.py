"""The outermost layer of an application: request id, access log, metrics, security headers, and the last resort."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.core import forwarded, metrics, request_context
from controlplane.core.http import internal_error
from controlplane.core.ids import new_id

SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
}
MOST_OF_USER_AGENT = 200
log = structlog.get_logger()


class RequestContext:
    """Gives each request an id of our own making, whatever the client sent, and sees it through to the log."""

    def __init__(self, app: ASGIApp, headers: Callable[[], Mapping[str, str]] = lambda: SECURITY_HEADERS) -> None:
        self.app = app
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # What is further inside (rate limits, pages that ask the API) sees the caller, too, and not the proxy.
        scope = {**scope, "client": (client := forwarded.client(dict(scope)))}
        address, program = client[0] if client else None, user_agent(scope)
        with request_context.of(new_id("req"), address, program) as request_id:
            await _Request(scope, send, request_id, self.headers()).run(self.app, receive)


class _Request:
    def __init__(self, scope: Scope, send: Send, request_id: str, headers: Mapping[str, str]) -> None:
        self.scope, self.send, self.request_id, self.headers = scope, send, request_id, headers
        self.status = 0

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        started = time.perf_counter()
        try:
            await app(self.scope, receive, self.forward)
        except Exception:  # noqa: BLE001 - the last resort: whatever escaped is logged and answered in our shape
            await self.recover(receive)
        finally:
            self.note(time.perf_counter() - started)

    async def recover(self, receive: Receive) -> None:
        log.exception("unexpected_error", path=self.scope["path"])
        if not self.status:
            await internal_error(self.request_id)(self.scope, receive, self.forward)

    async def forward(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self.request_id
            for name, value in self.headers.items():
                headers.setdefault(name, value)
        await self.send(message)

    def note(self, seconds: float) -> None:
        method, template = self.scope["method"], route_template(self.scope)
        metrics.observe(method, template, self.status, seconds)
        log.info(
            "request",
            method=method,
            path=self.scope["path"],
            route=template,
            status=self.status,
            milliseconds=round(seconds * 1000, 1),
            address=request_context.address.get(),
        )


def user_agent(scope: Mapping[str, Any]) -> str | None:
    """The header, which says what it likes: made printable ASCII, and no longer than a column."""
    value: bytes | None = next((value for name, value in scope["headers"] if name == b"user-agent"), None)
    if value is None:
        return None
    return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in value[:MOST_OF_USER_AGENT])


def route_template(scope: Mapping[str, Any]) -> str:
    """The matched route with its parameters' names, so that a label's values stay few; `unmatched` otherwise."""
    route = scope.get("route")
    template: str | None = getattr(route, "path_format", None)
    if template is None:
        return "unmatched"
    tail = template.format(**scope.get("path_params", {}))
    path: str = scope["path"]
    return path.removesuffix(tail) + template if path.endswith(tail) else template
