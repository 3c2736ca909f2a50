"""Tells the control plane when API keys were last used."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import structlog

from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.control import NginxAway
from envrunner.edge.mirror import Mirror

_log = structlog.get_logger(__name__)
_EVERY_SECONDS = 10.0


class Usage:
    """Posts each use once; a time is at most ten seconds too early."""

    def __init__(self, client: InternalClient, mirror: Mirror) -> None:
        self._client = client
        self._mirror = mirror
        self._told: dict[str, int] = {}

    def run(self) -> None:
        """Never returns."""
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                self.post()
            except (NginxAway, Unreachable, InternalError) as error:
                _log.warning("last-used times were not posted", reason=str(error))

    def post(self) -> None:
        """Post what is new. Raises NginxAway, Unreachable or InternalError; then it is tried again next time."""
        used = self._mirror.used(int(time.time()) - 60)
        news = {key: second for key, second in used.items() if self._told.get(key) != second}
        if news:
            self._client.post("/internal/v1/edge/usage", {"keys": {key: _time(news[key]) for key in news}})
        self._told = used


def _time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
