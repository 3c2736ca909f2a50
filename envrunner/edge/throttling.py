"""Tells the control plane how often nginx has refused whose requests because of which limit (limits.js)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import structlog

from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.control import NginxAway
from envrunner.edge.mirror import Mirror

_EVERY_SECONDS = 5.0
_AT_ONCE = 500
_MOST = 20_000
"""Kept while the control plane is away; what comes beyond is lost."""
_log = structlog.get_logger(__name__)


class Throttling:
    """Nothing is told twice; what has not been told when the agent is killed is lost."""

    def __init__(self, client: InternalClient, mirror: Mirror) -> None:
        self._client = client
        self._mirror = mirror
        self._untold: Counter[tuple[str, str, str, str]] = Counter()
        self._totals: Counter[str] = Counter()

    def run(self) -> None:
        """Never returns."""
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                self.post()
            except (NginxAway, Unreachable, InternalError) as error:
                _log.warning("what was throttled was not told", reason=str(error))

    def post(self) -> None:
        """Raises NginxAway, Unreachable or InternalError; what was not told stays for the next time."""
        hour = datetime.now(UTC).strftime("%Y-%m-%dT%H:00:00Z")
        for (kind, label, principal), count in self._mirror.throttled().items():
            self._totals[kind] += count
            if len(self._untold) < _MOST:
                self._untold[hour, kind, label, principal] += count
        while chunk := list(self._untold.items())[:_AT_ONCE]:
            self._client.post("/internal/v1/edge/throttling", {"items": list(_items(chunk))})
            for key, _ in chunk:
                del self._untold[key]

    def metrics(self) -> str:
        """In Prometheus' text format, by kind of limit: whose requests they were is the control plane's to tell."""
        lines = [
            f'edge_throttled_requests_total{{limit="{kind}"}} {count}' for kind, count in sorted(self._totals.items())
        ]
        head = [
            "# HELP edge_throttled_requests_total Requests that the edge refused because of a limit.",
            "# TYPE edge_throttled_requests_total counter",
        ]
        return "\n".join([*head, *lines, ""])


def _items(counted: list[tuple[tuple[str, str, str, str], int]]) -> Iterator[dict[str, Any]]:
    for (hour, kind, label, principal), count in counted:
        yield {"hour": hour, "environmentId": f"env_{label}", "limit": kind, "principal": principal, "count": count}
