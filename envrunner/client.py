"""The control plane's internal API (docs/wire.md), called with this runner's credential."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import structlog
from pydantic import ValidationError

from envrunner.wire import EgressState, Report, Spec

_log = structlog.get_logger()

_TIMEOUT_SECONDS = 10.0
_UNIX = "unix:"

LIMITS = httpx2.Limits(max_connections=100, keepalive_expiry=2.0)
"""Idle connections are given up before usual servers (5 s) close them under a request."""


class InternalError(Exception):
    """The control plane did not do what was asked. ``status`` is its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code


class Unreachable(Exception):
    """No answer from the other side: it is down, or slower than the timeout."""


class InternalClient:
    """Thread-safe. Every call raises `Unreachable` or `InternalError`."""

    def __init__(self, url: str, credential_file: Path) -> None:
        self._credential_file = credential_file
        transport = httpx2.HTTPTransport(uds=url.removeprefix(_UNIX)) if url.startswith(_UNIX) else None
        self._http = httpx2.Client(
            base_url="http://internal" if transport else url,
            transport=transport,
            limits=LIMITS,
            auth=self._authorize,
            trust_env=False,
        )

    def specs(self) -> list[Spec]:
        """Every environment of this runner; what this version cannot read is logged and keeps no other waiting."""
        found = map(_spec, self.get("/internal/v1/specs")["items"])
        return [one for one in found if one]

    def spec(self, environment_id: str) -> Spec:
        """One environment; `InternalError` 404 when it is not this runner's."""
        return Spec.model_validate(self.get(f"/internal/v1/specs/{environment_id}"))

    def report(self, reports: Sequence[Report]) -> None:
        """Tell what is."""
        items = [one.model_dump(mode="json", by_alias=True) for one in reports]
        self.post("/internal/v1/reports", {"items": items})

    def heartbeat(self, engines: int, version: str, engine_versions: Sequence[str], egress: EgressState) -> None:
        """Tell that this runner lives, and which engines it could start."""
        body = {
            "engines": engines,
            "version": version,
            "engineVersions": list(engine_versions),
            "egress": egress.model_dump(by_alias=True),
        }
        self.post("/internal/v1/heartbeat", body)

    def get(
        self, path: str, params: Mapping[str, str | int] | None = None, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> dict[str, Any]:
        """The JSON object at ``path``."""
        request = self._http.build_request("GET", path, params=params, timeout=timeout_seconds)
        answer: dict[str, Any] = self._send(request).json()
        return answer

    def post(self, path: str, body: Mapping[str, Any] | bytes) -> None:
        """Send a JSON object, which may be text already; the answer's body is of no interest."""
        text = body if isinstance(body, bytes) else json.dumps(dict(body)).encode()
        headers = {"content-type": "application/json"}
        self._send(self._http.build_request("POST", path, content=text, headers=headers, timeout=_TIMEOUT_SECONDS))

    def ask(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a JSON object; the one that is answered."""
        request = self._http.build_request("POST", path, json=dict(body), timeout=_TIMEOUT_SECONDS)
        answer: dict[str, Any] = self._send(request).json()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = self._http.send(request)
        except httpx2.TransportError as error:
            raise Unreachable(f"the control plane does not answer ({type(error).__name__})") from error
        if response.is_success:
            return response
        raise _error(response)

    def _authorize(self, request: httpx2.Request) -> httpx2.Request:
        # Read for each request, so that a rotated credential needs no restart.
        try:
            credential = self._credential_file.read_text().strip()
        except OSError as error:
            raise Unreachable(f"no runner credential: {error.strerror}") from error
        request.headers["authorization"] = f"Bearer {credential}"
        return request


def _spec(item: dict[str, Any]) -> Spec | None:
    try:
        return Spec.model_validate(item)
    except ValidationError as error:
        # Only where it is wrong: the rest holds a key.
        _log.error("spec not understood", environment_id=item.get("environmentId"), fields=_fields(error))
        return None


def _fields(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]


def _error(response: httpx2.Response) -> InternalError:
    try:
        body = response.json()
        return InternalError(response.status_code, str(body["code"]), str(body["message"]))
    except (ValueError, KeyError, TypeError):
        return InternalError(response.status_code, "unknown", response.text[:200])
