"""The node agent on this host (docs/wire.md), called over its unix socket."""

from __future__ import annotations

from pathlib import Path

import httpx2

from envrunner.client import LIMITS, Unreachable
from envrunner.wire import EgressState, Spec, State, States, UsageNews

_TIMEOUT_SECONDS = 10.0


class StaleGenerationError(Exception):
    """The agent already holds a newer spec."""


class AgentError(Exception):
    """The agent refused: a defect on one of the two sides."""


class AgentClient:
    """Thread-safe. Every call raises `envrunner.client.Unreachable` when the agent is down."""

    def __init__(self, socket: Path) -> None:
        self._http = httpx2.Client(
            base_url="http://agent",
            transport=httpx2.HTTPTransport(uds=str(socket)),
            limits=LIMITS,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )

    def put(self, spec: Spec) -> State:
        """Say what should be. Raises `StaleGenerationError`."""
        headers = {"content-type": "application/json"}
        path = f"/engines/{spec.environment_id}"
        answer = self._send(self._http.build_request("PUT", path, content=spec.to_json(), headers=headers))
        return State.model_validate_json(answer)

    def states(self) -> list[State]:
        """Every engine the agent has heard of."""
        return States.model_validate_json(self._send(self._http.build_request("GET", "/engines"))).items

    def egress(self) -> EgressState:
        """Whether the kernel holds engines to what they may connect to."""
        try:
            return EgressState.model_validate_json(self._send(self._http.build_request("GET", "/egress")))
        except AgentError:
            return EgressState(active=False, reason="the node agent is older than its worker: restart it")

    def usage(self, after: int) -> UsageNews:
        """What engines did in minutes that have changed after that revision; without items there is no more."""
        request = self._http.build_request("GET", "/usage", params={"after": after})
        return UsageNews.model_validate_json(self._send(request))

    def settled(self, environment_id: str, seconds: float) -> State:
        """The engine's state once it has settled, or as it is after ``seconds``."""
        path, params = f"/engines/{environment_id}", {"settledWithin": seconds}
        timeout = seconds + _TIMEOUT_SECONDS
        answer = self._send(self._http.build_request("GET", path, params=params, timeout=timeout))
        return State.model_validate_json(answer)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, request: httpx2.Request) -> bytes:
        try:
            response = self._http.send(request)
        except httpx2.TransportError as error:
            raise Unreachable(f"the node agent does not answer ({type(error).__name__})") from error
        if response.status_code == httpx2.codes.CONFLICT:
            raise StaleGenerationError(response.text)
        if not response.is_success:
            raise AgentError(f"{response.status_code} {response.text[:200]}")
        return response.content
