"""HEAD wherever GET answers (RFC 9110 §9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEAD_ONLY = "controlplane.head_only"


class HeadAsGet:
    """The application sees GET; what leaves is the head of its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # A copy: the server looks at its own to know that no body follows. Whoever streams for ever looks at ours.
        inner = {**scope, "method": "GET", HEAD_ONLY: True}
        try:
            await self.app(inner, receive, without_body)
        finally:
            # The log and the metrics name the route.
            scope.update({name: inner[name] for name in ("route", "path_params") if name in inner})
