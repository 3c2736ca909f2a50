"""The full sync: what makes lost messages cost time only. It needs no broker."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog

from envrunner import __version__
from envrunner.agent_client import AgentClient, AgentError, StaleGenerationError
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.engine import binaries
from envrunner.keep import Backoff
from envrunner.reporting import Reporter
from envrunner.wire import Desired, EngineState, Spec, State

_log = structlog.get_logger()

_GONE = frozenset({EngineState.ABSENT, EngineState.STOPPED})


class Sync:
    """All specs to the agent, all changed states to the control plane, at once and then every ``seconds``."""

    def __init__(
        self, internal: InternalClient, agent: AgentClient, reporter: Reporter, seconds: float, engine_binaries: Path
    ) -> None:
        self._internal = internal
        self._engine_binaries = engine_binaries
        self._agent = agent
        self._reporter = reporter
        self._seconds = seconds
        self._soon = threading.Event()
        self._ended = threading.Event()
        self._backoff = Backoff(first_seconds=0.5, limit_seconds=seconds)
        self._strangers: frozenset[str] = frozenset()

    def start(self) -> None:
        """In a thread of its own, until `stop`."""
        threading.Thread(target=self._run, name="sync", daemon=True).start()

    def stop(self) -> None:
        """After the sync that is under way."""
        self._ended.set()
        self._soon.set()

    def soon(self) -> None:
        """Do not wait for the timer."""
        self._soon.set()

    def once(self) -> None:
        """One full sync. Raises `Unreachable`, `InternalError`, `AgentError`."""
        specs = self._internal.specs()
        known = {state.environment_id: state for state in self._agent.states()}
        for spec in specs:
            if self._is_news(spec, known.get(spec.environment_id)):
                self._put(spec)
        states = self._reporter.report()
        self._log_strangers(specs, states)
        # A paused one keeps its place, else nobody could promise to wake it.
        placed = {spec.environment_id for spec in specs if spec.gently}
        placed |= {state.environment_id for state in states if state.state not in _GONE}
        # Looked at each time: an operator installs another version beside those there are.
        versions = [one.version for one in binaries.available(self._engine_binaries)]
        self._internal.heartbeat(len(placed), __version__, versions, self._agent.egress())

    def _run(self) -> None:
        while not self._ended.is_set():
            self._soon.clear()
            self._soon.wait(self._attempt())

    def _attempt(self) -> float:
        """Seconds until the next one."""
        try:
            self.once()
        except (Unreachable, InternalError, AgentError) as error:
            if not self._backoff.failures:
                _log.warning("sync fails, going on trying", error=str(error))
            self._reporter.start_over()
            return self._backoff.after(0) or self._backoff.first_seconds
        except Exception:  # noqa: BLE001 - the sync must outlive its own defects, loudly
            _log.exception("sync failed")
            return self._seconds
        if self._backoff.failures:
            _log.info("sync works again", failures=self._backoff.failures)
            self._backoff.reset()
        return self._seconds

    def _is_news(self, spec: Spec, state: State | None) -> bool:
        """What engines may reach changes within a generation, too: it takes no restart.

        What counts is what the agent has, not what was told here: others tell it, too, and one of them may be late.
        """
        if state is None or state.generation < spec.generation:
            return True
        return spec.desired is not Desired.ABSENT and spec.digest != state.spec_digest

    def _put(self, spec: Spec) -> None:
        try:
            self._agent.put(spec)
        except StaleGenerationError:
            # A task was faster with a newer one.
            _log.info("a newer spec is known", environment_id=spec.environment_id, generation=spec.generation)

    def _log_strangers(self, specs: list[Spec], states: list[State]) -> None:
        """Engines nobody named are left alone: a list that came out short must not destroy anybody's data."""
        named = {spec.environment_id for spec in specs}
        here = {state.environment_id for state in states if state.state is not EngineState.ABSENT}
        if (strangers := frozenset(here - named)) != self._strangers:
            self._strangers = strangers
            _log.warning("engines the control plane does not name", environment_ids=sorted(strangers))
