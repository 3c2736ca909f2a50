"""A stand-in for GitHub: the four addresses of its OAuth 2.0 sign-in that the plane uses, as GitHub documents them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.identity_provider_thread import serving

CLIENT_ID, CLIENT_SECRET = "Iv1.the-plane", "a secret of the plane and GitHub"


@dataclass
class GitHub:
    """`user` is signed in there and consents at once; `emails` are its addresses."""

    url: str = ""
    user: dict[str, Any] = field(default_factory=lambda: {"id": 815, "login": "ada", "name": "Ada Lovelace"})
    emails: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"email": "ada@example.org", "verified": True, "primary": False},
            {"email": "ada@corp.example", "verified": True, "primary": True},
        ]
    )
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        assert query["client_id"] == CLIENT_ID
        code = secrets.token_hex(10)
        self.codes[code] = query
        parameters = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{parameters}", 302)

    async def exchange(self, request: Request) -> Response:
        """GitHub says no with status 200."""
        form = dict(await request.form())
        asked = self.codes.pop(str(form.get("code")), None)
        if form.get("client_secret") != CLIENT_SECRET:
            return JSONResponse({"error": "incorrect_client_credentials"})
        if asked is None or _challenge(str(form.get("code_verifier"))) != asked["code_challenge"]:
            return JSONResponse({"error": "bad_verification_code"})
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return JSONResponse({"error": "redirect_uri_mismatch"})
        access_token = f"gho_{secrets.token_hex(18)}"
        self.access_tokens.add(access_token)
        return JSONResponse({"access_token": access_token, "scope": "read:user,user:email", "token_type": "bearer"})

    def asks(self, request: Request, answer: Any) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return JSONResponse({"message": "Bad credentials"}, 401)
        return JSONResponse(answer)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@contextmanager
def running() -> Iterator[GitHub]:
    github = GitHub()

    async def user(request: Request) -> Response:
        return github.asks(request, github.user)

    async def emails(request: Request) -> Response:
        return github.asks(request, github.emails)

    routes = [
        Route("/login/oauth/authorize", github.authorize),
        Route("/login/oauth/access_token", github.exchange, methods=["POST"]),
        Route("/api/v3/user", user),
        Route("/api/v3/user/emails", emails),
    ]
    with serving(Starlette(routes=routes)) as github.url:
        yield github
