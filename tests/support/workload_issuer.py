"""A stand-in for GitHub's and GitLab's token issuers: real discovery and keys over loopback, tokens as theirs look."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import uuid4

from joserfc import jws
from joserfc.jwk import ECKey, Key, KeyParameters, OKPKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.identity_provider_thread import In, claims_of, serving

# What https://token.actions.githubusercontent.com puts into the token of a job, shortened.
GITHUB = {
    "sub": "repo:acme/shop:ref:refs/heads/main",
    "repository": "acme/shop",
    "repository_id": "123456789",
    "repository_owner": "acme",
    "repository_owner_id": "4242",
    "ref": "refs/heads/main",
    "ref_type": "branch",
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "run_id": "7001",
    "run_attempt": "1",
    "actor": "ada",
    "event_name": "push",
    "environment": "production",
    "workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    "job_workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main",
    "runner_environment": "github-hosted",
}
# What a GitLab instance puts into an `id_tokens` of a job, shortened.
GITLAB = {
    "sub": "project_path:acme/shop:ref_type:branch:ref:main",
    "project_path": "acme/shop",
    "project_id": "77",
    "namespace_path": "acme",
    "namespace_id": "9",
    "ref": "main",
    "ref_path": "refs/heads/main",
    "ref_type": "branch",
    "ref_protected": "true",
    "pipeline_id": "501",
    "pipeline_source": "push",
    "job_id": "9001",
    "user_login": "ada",
    "environment": "production",
}


@lru_cache
def key_named(kid: str) -> Key:
    """`rsa…`, `ec…` or `ed…`; the same each time."""
    parameters: KeyParameters = {"kid": kid, "use": "sig"}
    if kid.startswith("rsa"):
        return RSAKey.generate_key(2048, parameters)
    return (
        ECKey.generate_key("P-256", parameters) if kid.startswith("ec") else OKPKey.generate_key("Ed25519", parameters)
    )


_ALGORITHMS = {"rsa": "RS256", "ec-": "ES256", "ed-": "Ed25519"}


@dataclass
class Issuer:
    """`kids` are published; `usual` are the claims of its tokens beside the times. `delay` holds up its answers."""

    usual: Mapping[str, Any] = field(default_factory=lambda: GITHUB)
    url: str = ""
    kids: list[str] = field(default_factory=lambda: ["rsa-1"])
    document: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[], Response] | None = None
    before: Callable[[], None] = lambda: None
    discoveries: int = 0
    job_secret: str = "of this job only"

    def claims(self, audience: str, **changes: Any) -> dict[str, Any]:
        """Null leaves a claim out; `In(seconds)` is a time from now."""
        times = {"iat": In(0), "nbf": In(-300), "exp": In(300), "jti": str(uuid4())}
        return claims_of({"iss": self.url, "aud": audience, **times, **self.usual}, changes)

    def token(self, audience: str, kid: str = "rsa-1", **changes: Any) -> str:
        return self.signed(self.claims(audience, **changes), kid)

    def signed(self, claims: object, by: str = "rsa-1", **header: Any) -> str:
        """By the key named so; `header` changes the token's header; null leaves a member out."""
        usual = {"alg": _ALGORITHMS[by[:3]], "kid": by, "typ": "JWT"}
        whole = {name: value for name, value in (usual | header).items() if value is not None}
        payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        return jws.serialize_compact(whole, payload, key_named(by), algorithms=[whole["alg"]])


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@contextmanager
def running(usual: Mapping[str, Any] = GITHUB) -> Iterator[Issuer]:
    issuer = Issuer(usual)

    def discovery(_: Request) -> Response:
        issuer.discoveries += 1
        issuer.before()
        if issuer.answer is not None:
            return issuer.answer()
        document = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/.well-known/jwks"}
        return JSONResponse(document | issuer.document)

    def id_token(request: Request) -> Response:
        """GitHub's `ACTIONS_ID_TOKEN_REQUEST_URL`."""
        if request.headers["authorization"] != f"Bearer {issuer.job_secret}":
            return Response(status_code=401)
        return JSONResponse({"count": 1, "value": issuer.token(request.query_params["audience"])})

    def keys(_: Request) -> Response:
        return JSONResponse({"keys": [key_named(kid).as_dict(private=False) for kid in issuer.kids]})

    routes = [
        Route("/.well-known/openid-configuration", discovery),
        Route("/.well-known/jwks", keys),
        Route("/idtoken", id_token),
    ]
    with serving(Starlette(routes=routes)) as issuer.url:
        yield issuer
