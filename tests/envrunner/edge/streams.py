"""Calls that go on until a test ends them."""

from __future__ import annotations

import http.client
import queue

from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.waiting import until


class Streaming:
    """A call whose answer has begun and goes on until the end of the block."""

    def __init__(self, stack: Stack, number: int, token: str) -> None:
        # Of its own: what ends another call, perhaps one that broke off, must not end this one.
        self._engine, self._chunks = stack.engines[label(number)], queue.Queue[bytes | None]()
        self._connection = http.client.HTTPConnection("127.0.0.1", stack.ingress, timeout=30)
        self._headers = {"Host": stack.host(number), "Authorization": f"Bearer {token}"}

    def __enter__(self) -> Streaming:
        # What an earlier test has closed may still count.
        until(self._begins)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._chunks.put(None)

    def _begins(self) -> bool:
        self._engine.to_send = self._chunks
        self._connection.request("GET", "/S/stream", headers=self._headers)
        answer = self._connection.getresponse()
        if answer.status == 200:
            return True
        assert (answer.status, bool(answer.read())) == (429, True)
        return False
