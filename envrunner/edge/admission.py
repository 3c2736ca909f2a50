"""nginx's way to ask the control plane, whose credential it does not hold: the agent asks in its name (docs/wire.md).

Whether an engine may be given an address; what a browser gets for the code it brought. Neither without an answer.
"""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import structlog

from envrunner.agent_client import AgentClient, AgentError, StaleGenerationError
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.sockets import listener
from envrunner.edge.subscriptions import Subscriptions
from envrunner.wire import label_of

_MOST_BYTES = 2 * 1024 * 1024
_QUESTIONS = {"/": "/internal/v1/admission", "/ui-sessions": "/internal/v1/ui-sessions"}
# Anybody may bring a code: they wait for each other and for nobody else, and who comes to a full room is sent away.
_CODES_AT_ONCE = threading.BoundedSemaphore(4)
_CODES_HERE = threading.BoundedSemaphore(32)
_log = structlog.get_logger(__name__)


class _FullError(Exception):
    """More bring a code at once than may wait."""


class Admission:
    """Answers nginx on ``path``: 200 with the verdict, 503 when there is none."""

    def __init__(self, client: InternalClient, path: Path, engines: Path, agent: AgentClient) -> None:
        self._client, self._path, self._agent = client, path, agent
        self._subscriptions = Subscriptions(engines)

    def run(self) -> None:
        """Never returns."""
        known = {"client": self._client, "agent": self._agent, "subscriptions": self._subscriptions}
        handler = type("Handler", (_Handler,), known)
        with _Server(str(self._path), handler, bind_and_activate=False) as server:
            server.socket.close()
            server.socket = listener(self._path)
            server.serve_forever()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    client: InternalClient
    agent: AgentClient
    subscriptions: Subscriptions
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        """The body is the question, as nginx has put it together."""
        length = int(self.headers.get("content-length") or 0)
        try:
            question = json.loads(self.rfile.read(min(length, _MOST_BYTES)))
            self._answer(200, self._asked(question))
        except _FullError:
            # Whoever causes it shall not fill the log as well.
            self._answer(503, {})
        except (Unreachable, InternalError, ValueError, KeyError, TypeError) as error:
            _log.warning("the control plane did not say what nginx asked", about=self.path, reason=str(error))
            self._answer(503, {})

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        with contextlib.nullcontext() if self.path == "/" else _turn():
            answer = self.client.ask(_QUESTIONS[self.path], question)
        bound = answer.get("subscriptions") if isinstance(answer, dict) else None
        if bound and not self.subscriptions.have_room(label_of(str(question["environmentId"])), int(bound["most"])):
            return {"admitted": False, "message": str(bound["message"])}
        if isinstance(answer, dict) and answer.get("reachesFurther"):
            self._tell(str(question["environmentId"]))
        return answer

    def _tell(self, environment_id: str) -> None:
        """The engine will call at once, and until the kernel knows where it may, its connections are refused."""
        try:
            self.agent.put(self.client.spec(environment_id))
        except (Unreachable, InternalError, AgentError, StaleGenerationError, ValueError) as error:
            # Whoever keeps the node in step will do it a moment later, and the engine tries again.
            _log.warning("the node was not told where an engine may call", reason=str(error))

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing of a call stands in a log."""

    def address_string(self) -> str:
        """A unix socket has none."""
        return "nginx"


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    if not _CODES_HERE.acquire(blocking=False):
        raise _FullError
    try:
        with _CODES_AT_ONCE:
            yield
    finally:
        _CODES_HERE.release()
