"""A visit to a page: who comes, and what the API lets them see.

A page learns everything from the public API, in its visitor's name and inside this process: it can show nothing that
the API would not tell them, and no rule is written twice. It asks one thing after the other: a visit occupies no more
of the plane than a call does.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import Request

from controlplane.login import cookies
from controlplane.pages.next_path import with_next
from controlplane.settings import settings

Json = dict[str, Any]
API = "/api/v1"
_PASSED_ON = {b"user-agent", b"accept-language"}
_COOKIE = re.compile(r"[\w.-]{1,200}", re.ASCII)


class Elsewhere(Exception):
    """The visitor is sent to another page first."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class Refused(Exception):
    """The API's refusal: `status`, `code`, `message` and `details` as any client gets them."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body.get("message", ""))
        self.status = status
        self.code = str(body.get("code", "internal_error"))
        self.message = str(body.get("message", "The plane did not answer as it should. Try again in a moment."))
        self.details: Json = body.get("details") or {}


@dataclass(frozen=True)
class Visit:
    """One request for a page. `user` is null for a stranger."""

    request: Request
    user: Json | None = None

    @property
    def here(self) -> str:
        """Path and query of this page."""
        path, query = self.request.scope["path"], self.request.scope["query_string"].decode("latin-1")
        return f"{path}?{query}" if query else path

    @property
    def localhost(self) -> str | None:
        """This page at `localhost` when it was opened at an IP address, which can have no passkeys (WebAuthn §5.1)."""
        if not settings().is_tried_out or _host(self.request) not in {"127.0.0.1", "[::1]"}:
            return None
        port = urlsplit(settings().console_url).port
        return f"http://localhost:{port}{self.here}" if port else None

    async def get(self, path: str, **query: str) -> Json:
        """The answer of the API. Raises `Refused`."""
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: Json) -> Json:
        """For checks that change nothing. Raises `Refused`."""
        return await self._call("POST", path, body)

    async def known(self) -> "Visit":
        """The same visit, with the user if there is a session."""
        try:
            me = await self.get("/auth/me")
        except Refused as refused:
            if refused.status == 401:
                return self
            raise
        return Visit(self.request, me["user"])

    async def _call(self, method: str, path: str, body: Json | None = None, query: Json | None = None) -> Json:
        client = self.request.client
        transport = httpx2.ASGITransport(
            self.request.app,
            raise_app_exceptions=False,
            client=(client.host, client.port) if client else ("unknown", 0),
        )
        async with httpx2.AsyncClient(transport=transport, base_url=settings().console_url) as api:
            answer = await api.request(method, API + path, headers=self._headers(), json=body, params=query)
        content: Json = answer.json() if answer.content else {}
        if answer.is_success:
            return content
        raise Refused(answer.status_code, content)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        """As they came: a header is bytes, whatever a client puts into it."""
        headers = [(name, value) for name, value in self.request.headers.raw if name in _PASSED_ON]
        cookie = self.request.cookies.get(cookies.NAME, "")
        if _COOKIE.fullmatch(cookie):
            headers.append((b"cookie", f"{cookies.NAME}={cookie}".encode()))
        return [*headers, (b"sec-fetch-site", b"same-origin")]


def segment(identifier: str) -> str:
    """An identifier as part of a path; anything else would be asking for another one."""
    return identifier if identifier.isascii() and identifier.replace("_", "").isalnum() else "-"


def _host(request: Request) -> str:
    """The name the client used, without its port; it may be anything."""
    return re.sub(r":\d*$", "", request.headers.get("host", ""))


async def visiting(request: Request) -> Visit:
    """Whoever comes."""
    return await Visit(request).known()


async def signed_in(request: Request) -> Visit:
    """A visit of somebody signed in. Raises `Elsewhere` to sign in first and come back."""
    visit = await visiting(request)
    if visit.user is None:
        raise Elsewhere(with_next("/login", visit.here))
    return visit
