"""A stand-in for WorkOS AuthKit: keys, users and access tokens as WorkOS documents them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.identity_provider_thread import In, claims_of, serving

CLIENT_ID, API_KEY = "client_01TESTTESTTESTTESTTESTTEST", "sk_test_of_the_plane"
ADA = {"id": "user_01ADA", "email": "ada@corp.example", "email_verified": True, "first_name": "Ada", "last_name": "L."}


@lru_cache
def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "sso_oidc_key_pair_01"})


@dataclass
class WorkOs:
    url: str = ""
    key: RSAKey = field(default_factory=_key)
    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {"user_01ADA": dict(ADA)})
    codes: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def access_token(self, key: RSAKey | None = None, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """Of Ada, for five minutes; a claim of null is left out."""
        usual = {
            "iss": f"https://api.workos.com/user_management/{CLIENT_ID}",
            "sub": "user_01ADA",
            "sid": "session_01",
            "jti": secrets.token_hex(8),
            "client_id": CLIENT_ID,
            "iat": In(0),
            "exp": In(300),
        }
        claims = claims_of(usual, changes)
        signing = key or self.key
        return jwt.encode({"alg": "RS256", "kid": signing.kid or ""} | (header or {}), claims, signing)

    async def authorize_device(self, request: Request) -> Response:
        """Whoever asks is let in as Ada at the first poll."""
        form = dict(parse_qsl((await request.body()).decode()))
        assert form == {"client_id": CLIENT_ID}
        code, where = secrets.token_hex(8), "https://test.authkit.example/device"
        self.codes.add(code)
        uris = {"verification_uri": where, "verification_uri_complete": f"{where}?user_code=ABCD-EFGH"}
        return JSONResponse({"device_code": code, "user_code": "ABCD-EFGH", "expires_in": 300, "interval": 1} | uris)

    async def device_token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        assert (form["client_id"], form["device_code"] in self.codes) == (CLIENT_ID, True)
        return JSONResponse({"user": self.users["user_01ADA"], "access_token": self.access_token()})


@contextmanager
def running() -> Iterator[WorkOs]:
    workos = WorkOs()

    async def keys(request: Request) -> Response:
        workos.requests.append(request.url.path)
        return JSONResponse({"keys": [{**workos.key.as_dict(private=False), "use": "sig", "alg": "RS256"}]})

    async def user(request: Request) -> Response:
        workos.requests.append(request.url.path)
        if request.headers.get("authorization") != f"Bearer {API_KEY}":
            return JSONResponse({"message": "Unauthorized"}, 401)
        found = workos.users.get(request.path_params["user_id"])
        return JSONResponse(found or {"code": "entity_not_found"}, 200 if found else 404)

    async def authorize(request: Request) -> Response:
        query, code = request.query_params, secrets.token_hex(8)
        assert query["provider"] == "authkit"
        workos.codes.add(code)
        return RedirectResponse(f"{query['redirect_uri']}?code={code}&state={query['state']}", 302)

    async def authenticate(request: Request) -> Response:
        if request.headers["content-type"] != "application/json":
            return await workos.device_token(request)
        body = await request.json()
        known = body["code"] in workos.codes and body["client_secret"] == API_KEY and body["code_verifier"]
        workos.codes.discard(body["code"])
        if not known:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"user": workos.users["user_01ADA"], "access_token": workos.access_token()})

    routes = [
        Route(f"/sso/jwks/{CLIENT_ID}", keys),
        Route("/user_management/users/{user_id}", user),
        Route("/user_management/authorize", authorize),
        Route("/user_management/authorize/device", workos.authorize_device, methods=["POST"]),
        Route("/user_management/authenticate", authenticate, methods=["POST"]),
    ]
    with serving(Starlette(routes=routes)) as workos.url:
        yield workos
