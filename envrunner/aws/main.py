"""The process that holds the node's identity in AWS. Ending it leaves every engine what it has, for an hour at most."""

from __future__ import annotations

import signal
import threading

import structlog

from envrunner import logs
from envrunner.agent_client import AgentClient
from envrunner.aws.door import AwsTrouble, Door
from envrunner.aws.keeper import Keeper
from envrunner.client import Unreachable
from envrunner.settings import Settings, settings
from envrunner.wire import EngineState

_log = structlog.get_logger()

# A new engine asks for some seconds before it gives up (envrunner.engine.aws).
_PAUSE_SECONDS = 1.0
_LIVING = frozenset({EngineState.STARTING, EngineState.READY})


class NoRole(SystemExit):
    """There is nothing to do without a role."""


class Unwell(SystemExit):
    """What is wrong."""


def check_aws() -> str:
    """Whether this node's identity works, in a sentence. Raises `Unwell`."""
    door = Door(_with_role())
    try:
        who = door.who()
        door.session("env_" + "0" * 27)
    except AwsTrouble as trouble:
        raise Unwell(f"✗ {trouble}") from trouble
    return f"{who} assumes {settings().aws_role_arn}, a session for each environment"


def run_aws() -> None:
    """Serve until SIGTERM or SIGINT."""
    logs.configure("aws")
    given = _with_role()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    agent, keeper = AgentClient(given.agent_socket), Keeper(given, Door(given))
    _log.info("keeping engines' credentials", role=given.aws_role_arn)
    while not ended.wait(_PAUSE_SECONDS):
        _round(agent, keeper)


def _with_role() -> Settings:
    given = settings()
    if given.aws_role_arn is None:
        raise NoRole("Set ENVRUNNER_AWS_ROLE_ARN to the role that customers' roles trust (docs/lambda.md).")
    return given


def _round(agent: AgentClient, keeper: Keeper) -> None:
    try:
        keeper.round(state.environment_id for state in agent.states() if state.state in _LIVING)
    except Unreachable:
        pass
    except Exception:  # noqa: BLE001 - the rounds must outlive their own defects, loudly
        _log.exception("credentials not looked after")
