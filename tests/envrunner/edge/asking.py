"""Asking the edge byte for byte: no client in between that would tidy up a path or a header."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def seen(self) -> dict[str, str]:
        """The headers the engine got."""
        return dict(self.json["headers"])

    def assert_refusal(self, status: int) -> None:
        assert self.status == status, (self.status, self.body)
        assert self.headers["content-type"] == "application/json"
        assert set(self.json) == {"message", "restate_code"}
        assert self.json["restate_code"] is None
        assert self.json["message"].endswith(".")
        assert len(self.headers["x-request-id"]) == 32


def ask(
    port: int, target: str = "/", *, method: str = "GET", host: str = "127.0.0.1", token: str | None = None,
    headers: Headers | None = None, body: bytes = b"", raw: bytes = b"", source: str = "127.0.0.1",
) -> Answer:  # fmt: skip
    """One request on its own connection; ``target`` goes out as it is, ``raw`` is a body that frames itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in [("Host", host), *(headers or [])]:
        connection.putheader(name, value)
    if token is not None:
        connection.putheader("Authorization", f"Bearer {token}")
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(raw or body or None)
    response = connection.getresponse()
    try:
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()
