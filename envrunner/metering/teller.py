"""The thread that tells the control plane what engines did; a minute that is told again, with more in it, grows."""

from __future__ import annotations

import threading

import structlog

from envrunner.agent_client import AgentClient, AgentError
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.keep import Backoff
from envrunner.wire import Usage

_log = structlog.get_logger()

PATH = "/internal/v1/usage"
# The control plane cannot read what it was sent, and will not be able to next time.
_HOPELESS = frozenset({400, 413, 422})


class Teller:
    """`start` it, `stop` it; `once` is one round by hand."""

    def __init__(self, internal: InternalClient, agent: AgentClient, seconds: float) -> None:
        self._internal = internal
        self._agent = agent
        self._seconds = seconds
        self._revision = 0
        self._ended = threading.Event()
        self._backoff = Backoff(first_seconds=0.5, limit_seconds=10.0)

    def start(self) -> None:
        """In a thread of its own, until `stop`."""
        threading.Thread(target=self._run, name="usage", daemon=True).start()

    def stop(self) -> None:
        """After the round that is under way."""
        self._ended.set()

    def once(self) -> None:
        """All that has changed since the last round. Raises `Unreachable`, `InternalError`, `AgentError`."""
        while not self._ended.is_set():
            news = self._agent.usage(self._revision)
            if not news.items:
                return
            self._tell(news.items)
            self._revision = news.revision

    def _tell(self, items: list[Usage]) -> None:
        try:
            self._internal.post(PATH, {"items": [one.model_dump(mode="json", by_alias=True) for one in items]})
        except InternalError as error:
            if error.status not in _HOPELESS:
                raise
            # What is wrong with one tenant's numbers shall cost no other tenant theirs.
            if len(items) > 1:
                for one in items:
                    self._tell([one])
            else:
                _log.error("usage refused, leaving it out", error=str(error), environment_id=items[0].environment_id)

    def _run(self) -> None:
        wait = self._seconds
        while not self._ended.wait(wait):
            wait = self._attempt()

    def _attempt(self) -> float:
        """Seconds until the next round."""
        try:
            self.once()
        except (Unreachable, InternalError, AgentError) as error:
            if not self._backoff.failures:
                _log.warning("usage is not taken, going on trying", error=str(error))
            return self._backoff.after(0) or self._backoff.first_seconds
        except Exception:  # noqa: BLE001 - the rounds must outlive their own defects, loudly
            _log.exception("telling usage failed")
            return self._backoff.limit_seconds
        self._backoff.reset()
        return self._seconds
