"""What a message can ask of a runner. Each task may run twice, or at the same time as itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import structlog

from envrunner.agent_client import AgentClient, AgentError, StaleGenerationError
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.engine.entrance import ADMIN
from envrunner.reporting import Reporter
from envrunner.wire import label_of

_log = structlog.get_logger()

CONVERGE = "runner.converge"
DEPLOYMENTS = "runner.deployments"
SETTLE_SECONDS = 30.0
"""How long a task waits for an engine to settle; what takes longer is reported by the next sync."""

_NOT_FOUND = 404
_ENGINE_SECONDS = 8.0
_DEPLOYMENT = {
    "id": "id",
    "uri": "uri",
    "arn": "arn",
    "assumeRoleArn": "assume_role_arn",
    "httpVersion": "http_version",
    "additionalHeaders": "additional_headers",
}


class DeploymentReader:
    """Tells the control plane which deployments an engine has, because it asked: it will try them with a key."""

    def __init__(self, internal: InternalClient, sockets: Path) -> None:
        self._internal = internal
        self._sockets = sockets

    def __call__(self, environment_id: str) -> None:
        """Nothing is repeated: whoever asked does not wait for long."""
        try:
            found = self._deployments(environment_id)
            self._internal.post("/internal/v1/deployments", {"environmentId": environment_id, "items": found})
        except (httpx2.HTTPError, ValueError, KeyError, TypeError, Unreachable, InternalError) as error:
            _log.warning("deployments not told", environment_id=environment_id, error=type(error).__name__)

    def _deployments(self, environment_id: str) -> list[dict[str, Any]]:
        transport = httpx2.HTTPTransport(uds=str(self._sockets / label_of(environment_id) / ADMIN))
        with httpx2.Client(transport=transport, timeout=_ENGINE_SECONDS, trust_env=False) as http:
            answer = http.get("http://engine/deployments", headers={"accept": "application/json"})
        return [{ours: one.get(theirs) for ours, theirs in _DEPLOYMENT.items()} for one in answer.json()["deployments"]]


class Converger:
    """Brings one environment to its spec: pull, tell the agent, wait, report."""

    def __init__(
        self, internal: InternalClient, agent: AgentClient, reporter: Reporter, sync_soon: Callable[[], None]
    ) -> None:
        self._internal = internal
        self._agent = agent
        self._reporter = reporter
        self._sync_soon = sync_soon

    def __call__(self, environment_id: str) -> None:
        """Never raises for what the next sync will mend."""
        try:
            self._converge(environment_id)
        except (Unreachable, InternalError, AgentError) as error:
            if isinstance(error, InternalError) and error.status == _NOT_FOUND:
                # The environment moved to another runner, or the message is older than its row.
                _log.info("not this runner's environment", environment_id=environment_id)
                return
            _log.warning("converge put off", environment_id=environment_id, error=str(error))
            self._sync_soon()

    def _converge(self, environment_id: str) -> None:
        spec = self._internal.spec(environment_id)
        try:
            self._agent.put(spec)
        except StaleGenerationError:
            _log.info("a newer spec is known", environment_id=environment_id, generation=spec.generation)
            return
        self._agent.settled(environment_id, SETTLE_SECONDS)
        self._reporter.report()
