"""A steady load: callers that keep their connections, and whatever went wrong in words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from operator import gt
from types import TracebackType
from typing import Self

import httpx2

from tests.support.waiting import until

TIMEOUT = httpx2.Timeout(60.0)


class Load:
    """In its block each caller sends its request again and again; ``wrong`` counts every answer but 200 and 202."""

    def __init__(
        self, base_url: str, token: str, requests: Sequence[Callable[[httpx2.Client], httpx2.Response]]
    ) -> None:
        self.right = 0
        self.wrong: Counter[str] = Counter()
        self._base_url, self._token = base_url, token
        self._ended = threading.Event()
        self._answered = [0] * len(requests)
        self._threads = [threading.Thread(target=self._run, args=one, daemon=True) for one in enumerate(requests)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self.wait_for_more()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for_more(self, calls: int = 50) -> None:
        """Until so many further calls have been answered rightly, each caller's among them."""
        wanted, before = self.right + calls, list(self._answered)
        until(lambda: self.right >= wanted and all(map(gt, self._answered, before)), 60)

    def _run(self, number: int, request: Callable[[httpx2.Client], httpx2.Response]) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx2.Client(base_url=self._base_url, headers=headers, timeout=TIMEOUT, verify=False) as client:
            while not self._ended.is_set():
                try:
                    answer = request(client)
                except httpx2.TransportError as error:
                    self.wrong[repr(error)] += 1
                    continue
                if answer.status_code in (200, 202):
                    self.right += 1
                    self._answered[number] += 1
                else:
                    self.wrong[f"{answer.status_code} {answer.text[:200]}"] += 1
