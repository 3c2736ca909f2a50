"""A provider that signs whatever a test wants: what certified software cannot be made to do."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.identity_provider_thread import In, claims_of, serving

CLIENT_ID = "the-plane"


@lru_cache
def _first_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class Rogue:
    """`claims` and `header` change what the next ID token says; `answer` replaces the token endpoint's whole answer."""

    issuer: str = ""
    key: RSAKey = field(default_factory=_first_key)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    answer: Response | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    key_requests: int = 0
    discoveries: int = 0
    nonce: str = ""

    def consents(self, authorization_url: str, **changes: str | None) -> dict[str, str]:
        """What it sends the browser back with, `changes` apart (null: left out)."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        self.nonce = asked["nonce"]
        answer: dict[str, str | None] = {"state": asked["state"], "code": "a-code", "iss": self.issuer}
        return {name: value for name, value in (answer | changes).items() if value is not None}

    def id_token(self) -> str:
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "ada", "iat": In(0), "exp": In(300)}
        person = {"nonce": self.nonce, "email": "ada@corp.example", "email_verified": True, "name": "Ada"}
        claims = claims_of(usual | person, self.claims)
        header = {k: v for k, v in ({"alg": "RS256", "kid": "first"} | self.header).items() if v is not None}
        return self.sign(header, claims) if self.sign else jwt.encode(header, claims, self.key)

    def public_pem(self) -> bytes:
        return self.key.as_pem(private=False)


Sign = Callable[[dict[str, Any], dict[str, Any]], str]


def by_hand(algorithm: str, sign: Callable[[bytes], bytes]) -> Sign:
    """A compact JWS whatever a library would say to it."""

    def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
        parts = [encode(json.dumps(part).encode()) for part in (header | {"alg": algorithm}, claims)]
        return ".".join([*parts, encode(sign(".".join(parts).encode()))])

    return signed


def with_rsa(key: RSAKey) -> Sign:
    private = key.private_key
    assert private is not None
    return by_hand("RS256", lambda data: private.sign(data, PKCS1v15(), SHA256()))


def with_secret(secret: bytes) -> Sign:
    return by_hand("HS256", lambda data: hmac.digest(secret, data, "sha256"))


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@contextmanager
def running() -> Iterator[Rogue]:
    rogue = Rogue()

    async def discovery(_: Request) -> Response:
        rogue.discoveries += 1
        usual = {
            "issuer": rogue.issuer,
            "authorization_endpoint": f"{rogue.issuer}/authorize",
            "token_endpoint": f"{rogue.issuer}/token",
            "jwks_uri": f"{rogue.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({k: v for k, v in (usual | rogue.document).items() if v is not None})

    async def keys(_: Request) -> Response:
        rogue.key_requests += 1
        return JSONResponse({"keys": [{**rogue.key.as_dict(private=False), "use": "sig"}]})

    async def token(request: Request) -> Response:
        rogue.asked.append({name: str(value) for name, value in (await request.form()).items()})
        found = {"access_token": "of-no-use", "token_type": "Bearer", "id_token": rogue.id_token()}
        return rogue.answer or JSONResponse(found)

    routes = [
        Route("/.well-known/openid-configuration", discovery),
        Route("/jwks", keys),
        Route("/token", token, methods=["POST"]),
    ]
    with serving(Starlette(routes=routes)) as rogue.issuer:
        yield rogue
