"""A caller that never gives up, and remembers what it was told: whatever is lost or done twice shows."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx2

from tests.support import machine
from tests.support.tenants import Caller
from tests.support.waiting import until

_PACE_SECONDS = 0.05
_PATIENCE_SECONDS = 60.0


class Workload:
    """Calls a counter again and again, each call under an idempotency key of its own and until it is answered."""

    def __init__(self, caller: Caller, home: Path) -> None:
        self.failures: Counter[str] = Counter()
        self.answers: list[int] = []
        self.most_engines = 0
        self._caller = caller
        self._home = home
        self._key = uuid4().hex
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Workload:
        self._thread.start()
        self.wait_for_more()
        return self

    def wait_for_more(self, calls: int = 5, seconds: float = _PATIENCE_SECONDS) -> None:
        """Until so many further calls have been answered."""
        wanted = len(self.answers) + calls
        until(lambda: len(self.answers) >= wanted or not self._thread.is_alive(), seconds)
        assert self._thread.is_alive()

    def stop(self) -> int:
        """The counter's final value, as the service has it."""
        self._ended.set()
        self._thread.join(_PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        visits: int = self._caller.invoke(f"/Visitors/{self._key}/visits")
        return visits

    def _run(self) -> None:
        number = 0
        while not self._ended.wait(_PACE_SECONDS):
            number += 1
            self.answers.append(self._insist(f"{self._key}-{number}"))
            self.most_engines = max(self.most_engines, len(machine.engines(self._home, self._caller.environment.label)))

    def _insist(self, idempotency_key: str) -> int:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                answer = self._caller.post(f"/Visitors/{self._key}/arrive", idempotency_key=idempotency_key)
            except httpx2.TransportError as error:
                self.failures[type(error).__name__] += 1
            else:
                if answer.status_code == 200:
                    return int(answer.json())
                self.failures[f"{answer.status_code} {answer.text[:80]}"] += 1
            self._ended.wait(_PACE_SECONDS)
        raise AssertionError(f"not answered within {_PATIENCE_SECONDS} s: {self.failures}")
