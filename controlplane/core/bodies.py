"""What a request body may be before anything reads it: not too long, and JSON where the API takes JSON."""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controlplane.core.http import error_response

JSON_PREFIXES = ("/api/", "/cloud/", "/internal/")


class BodyRules:
    """413 beyond `limit()` bytes, declared or counted; 415 for what is not `application/json` on API paths."""

    def __init__(self, app: ASGIApp, limit: Callable[[], int]) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(headers := Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        if _declared(headers) > self.limit():
            await self.too_large()(scope, receive, send)
            return
        try:
            body = await _whole(receive, self.limit())
        except ClientDisconnect:
            return
        if body is None:
            await self.too_large()(scope, receive, send)
        elif body and not _acceptable(scope["path"], headers.get("content-type", "")):
            await _unsupported()(scope, receive, send)
        else:
            await self.app(scope, _replay(body, receive), send)

    def too_large(self) -> Response:
        message = f"The request body is larger than {self.limit()} bytes."
        # The rest of the body is not read, so this connection cannot carry another request.
        return error_response(413, "payload_too_large", message, headers={"connection": "close"})


def _unsupported() -> Response:
    message = "Send the body as JSON, with the header `Content-Type: application/json`."
    return error_response(415, "unsupported_media_type", message)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _declared(headers: Headers) -> int:
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() and len(text) < 20 else 0


def _acceptable(path: str, content_type: str) -> bool:
    return not path.startswith(JSON_PREFIXES) or content_type.partition(";")[0].strip().lower() == "application/json"


async def _whole(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or null as soon as it is longer than `limit`. Raises `ClientDisconnect`: half is not a body."""
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            return None
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed
