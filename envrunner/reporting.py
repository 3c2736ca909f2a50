"""Telling the control plane what is, and only what it has not heard yet."""

from __future__ import annotations

import threading

from envrunner.agent_client import AgentClient
from envrunner.client import InternalClient
from envrunner.wire import Report, State


class Reporter:
    """Thread-safe. Reads and sends under one lock, so that an older state never overtakes a newer one."""

    def __init__(self, internal: InternalClient, agent: AgentClient) -> None:
        self._internal = internal
        self._agent = agent
        self._one_at_a_time = threading.Lock()
        self._told: dict[str, Report] = {}

    def report(self) -> list[State]:
        """Send what changed since the last report; returns all states. Raises `Unreachable`, `InternalError`."""
        with self._one_at_a_time:
            states = self._agent.states()
            news = [report for state in states if (report := state.report()) != self._told.get(state.environment_id)]
            if news:
                self._internal.report(news)
                self._told.update({one.environment_id: one for one in news})
            return states

    def start_over(self) -> None:
        """Send everything next time: the control plane may have lost what it was told."""
        with self._one_at_a_time:
            self._told.clear()
