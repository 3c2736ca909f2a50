"""HTTP/1.1 exactly as written: no path is normalised, no header is added but those that the protocol needs."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TIMEOUT_SECONDS = 60.0
_kept = threading.local()


@dataclass(frozen=True)
class Answer:
    """``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """``message`` of a JSON object, else the empty string."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return ""
        return str(content.get("message", "")) if isinstance(content, dict) else ""

    def __str__(self) -> str:
        return f"{self.status} {self.body[:300]!r}"


def ask(
    port: int,
    method: str,
    target: str,
    token: str | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    host: str | None = None,
) -> Answer:
    """One request to 127.0.0.1; ``body`` is sent as it is when bytes, else as JSON. A lost connection is tried anew."""
    sent = {"Host": host or f"127.0.0.1:{port}", **_body_headers(body), **(headers or {})}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    for fresh in (False, True):
        try:
            return _send(_connection(port, fresh=fresh), method, target, sent, content)
        except (http.client.HTTPException, ConnectionError):
            if fresh:
                raise
    raise AssertionError


def _send(
    connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str], content: bytes | None
) -> Answer:
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    if content is not None or method in ("POST", "PUT", "PATCH"):
        connection.putheader("Content-Length", str(len(content or b"")))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(content)
    response = connection.getresponse()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


def _body_headers(body: Any) -> dict[str, str]:
    return {} if body is None else {"Content-Type": "application/json"}


class _Verbatim(http.client.HTTPConnection):
    def _validate_path(self, url: str) -> None:
        """Anything goes: that is what is being tested."""


def _connection(port: int, *, fresh: bool) -> http.client.HTTPConnection:
    connections: dict[int, http.client.HTTPConnection] = _kept.__dict__.setdefault("connections", {})
    if fresh and port in connections:
        connections.pop(port).close()
    if port not in connections:
        connections[port] = _Verbatim("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    return connections[port]
