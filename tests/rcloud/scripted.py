"""A small HTTP server whose answers a test writes down beforehand: for what a healthy plane never does."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

API = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """``body`` is sent as JSON, a string as it is; status 0 closes the connection without a word."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: str


class Scripted:
    """``answers["GET /x"]`` are given one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = defaultdict(list)
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, request: str, *answers: Answer) -> None:
        """``request`` such as ``GET /accounts``, below the API unless it begins with ``//``."""
        method, _, path = request.partition(" ")
        full = path.removeprefix("/") if path.startswith("//") else API + path
        self.answers[f"{method} {full}"] += answers

    def to(self, path: str) -> list[Asked]:
        """The requests that came for a path below the API, or below ``/`` with ``//``."""
        full = path.removeprefix("/") if path.startswith("//") else API + path
        return [one for one in self.asked if one.path == full]

    def next_answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        known = self.answers.get(f"{asked.method} {asked.path}")
        if not known:
            return Answer(404, {"code": "not_found", "message": "There is nothing at this address."})
        return known.pop(0) if len(known) > 1 else known[0]

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = script.next_answer(Asked(self.command, parts.path, parse_qs(parts.query), headers, body))
            if answer.status == 0:
                self.close_connection = True
                return
            content = (answer.body if isinstance(answer.body, str) else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            for name, value in {"x-request-id": "req_scripted", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name for it
            """A test's output is no access log."""

    return Handler


def page(*items: Mapping[str, object], following: str | None = None) -> Answer:
    """One page of a list."""
    return Answer(body={"items": list(items), "next": following})


def account(name: str = "payments", account_id: str = "acc_1") -> dict[str, object]:
    return {"accountId": account_id, "name": name, "createdAt": "2026-01-01T00:00:00Z"}


def environment(name: str = "dev", environment_id: str = "env_1", status: str = "ACTIVE") -> dict[str, object]:
    return {
        "environmentId": environment_id,
        "accountId": "acc_1",
        "name": name,
        "status": status,
        "ingressBaseUrl": "http://127.0.0.1:8100",
        "adminBaseUrl": "http://127.0.0.1:8101",
        "createdAt": "2026-01-01T00:00:00Z",
    }
