"""Following an environment's log as a browser's EventSource does (WHATWG HTML, server-sent events)."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping

import httpx2


class Stream:
    """One connection, of which a 200 is read in the background; a context manager.

    ``lines`` are cursors and texts, ``end`` the data of the event that says why nothing more comes, ``closed`` is set
    when the connection is over.
    """

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.lines: list[tuple[int, str]] = []
        self.comments = 0
        self.end: dict[str, str] | None = None
        self.closed = threading.Event()
        # Reading the machine's CA certificates costs more than the call, and none is needed.
        self._http = httpx2.Client(timeout=60, verify=False)
        self._response = self._http.send(self._http.build_request("GET", url, headers=headers), stream=True)
        self.status = self._response.status_code
        self._socket: socket.socket = self._response.extensions["network_stream"].get_extra_info("socket")
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.lines]

    def code(self) -> str:
        self._response.read()
        code: str = self._response.json()["code"]
        return code

    def close(self) -> None:
        # A thread that reads keeps the connection open, whoever closes it.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._http.close()

    def _read(self) -> None:
        event: dict[str, str] = {}
        with contextlib.suppress(httpx2.HTTPError, httpx2.StreamError, OSError, RuntimeError):
            for line in self._response.iter_lines():
                name, _, value = line.partition(":")
                if name:
                    event[name] = value.strip()
                elif line.startswith(":"):
                    self.comments += 1
                elif event:
                    self._take(event)
                    event = {}
        self.closed.set()

    def _take(self, event: dict[str, str]) -> None:
        if event.get("event") == "end":
            self.end = json.loads(event["data"])
        elif "data" in event:
            self.lines.append((int(event["id"]), json.loads(event["data"])["line"]))


class Persistent:
    """Comes again whenever the connection ends, with the last cursor, until it is closed; ``texts`` in order."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.lines: list[tuple[int, str]] = []
        self.connections = 0
        self._url, self._headers = url, dict(headers)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.lines]

    def close(self) -> None:
        self._ended.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._ended.is_set():
            cursor = {"last-event-id": str(self.lines[-1][0])} if self.lines else {}
            with contextlib.suppress(httpx2.HTTPError), Stream(self._url, self._headers | cursor) as stream:
                self._follow(stream)
            self._ended.wait(0.1)

    def _follow(self, stream: Stream) -> None:
        if stream.status != 200:
            return
        self.connections += 1
        taken = 0
        while True:
            closed = stream.closed.wait(0.05) or self._ended.is_set()
            fresh = stream.lines[taken:]
            self.lines += fresh
            taken += len(fresh)
            if closed:
                return
