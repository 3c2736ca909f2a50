"""The processes of one installation: how each is started, when it counts as up, and what it waits for."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping

from embedded import postgres, probes, sample, valkey
from embedded.layout import CHECKOUT, Layout
from embedded.part import SETUP, Part
from embedded.surroundings import for_processes, own_postgres, own_redis
from envrunner.keep.keeper import Program


def all_parts(layout: Layout, given: Mapping[str, str] = os.environ) -> list[Part]:
    """Every part, in an order in which none waits for a later one; stopping goes the other way round."""
    env = for_processes(layout, given)
    # Neither half is told the other's secrets: the node has no business with the database.
    deciding = {name: value for name, value in env.items() if not name.startswith("ENVRUNNER_")}
    running = {name: value for name, value in env.items() if not name.startswith("CONTROLPLANE_")}
    # The host's identity in AWS: for those who assume roles with it and nobody else.
    plain = {name: value for name, value in running.items() if not name.startswith("AWS_")}
    servers = []
    if own_postgres(given):
        servers.append(_postgres(layout))
    if own_redis(given):
        servers.append(Part("redis", lambda: valkey.program(layout), lambda: valkey.answers(layout)))
    return [
        *servers,
        *_control_plane(layout, deciding),
        *_node(layout, plain),
        *_aws(layout, running),
        *sample.part(layout, env),
    ]


def _postgres(layout: Layout) -> Part:
    return Part(
        "postgres",
        lambda: postgres.program(layout),
        lambda: postgres.answers(layout),
        stop_signal=signal.SIGINT,
        grace_seconds=20.0,
    )


def _control_plane(layout: Layout, env: Mapping[str, str]) -> list[Part]:
    def ready() -> bool:
        return probes.http_status(layout.ports.api, "/readyz") == 200

    plain = {name: value for name, value in env.items() if not name.startswith("AWS_")}
    return [
        Part("api", _module(layout, env, "api", "controlplane", "serve"), ready, after=(SETUP,)),
        Part("worker", _module(layout, plain, "worker", "controlplane", "worker"), after=(SETUP,)),
        Part("beat", _module(layout, plain, "beat", "controlplane.beat"), after=(SETUP,)),
    ]


def _node(layout: Layout, env: Mapping[str, str]) -> list[Part]:
    def agent() -> bool:
        return probes.http_status(layout.agent_socket, "/healthz") == 200

    def edge() -> bool:
        return all(probes.http_status(port, "/") for port in (layout.ports.ingress, layout.ports.admin))

    def relay() -> bool:
        return probes.http_status(layout.relay_socket, "/healthz") == 200

    return [
        Part("agent", _module(layout, env, "agent", "envrunner", "agent"), agent),
        Part("guard", _module(layout, env, "guard", "envrunner", "guard"), lambda: probes.accepts(layout.guard_socket)),
        Part("h2c", _module(layout, env, "h2c", "envrunner", "h2c"), lambda: probes.accepts(layout.h2c_socket)),
        Part("edge", _module(layout, env, "edge", "envrunner", "edge"), edge),
        Part("edge-agent", _module(layout, env, "edge-agent", "envrunner", "edge-agent"), after=(SETUP,)),
        Part("runner-worker", _module(layout, env, "runner-worker", "envrunner", "worker"), after=(SETUP,)),
        Part("relay", _module(layout, env, "relay", "envrunner", "relay"), relay, after=(SETUP,)),
    ]


def _aws(layout: Layout, env: Mapping[str, str]) -> list[Part]:
    if "ENVRUNNER_AWS_ROLE_ARN" not in env:
        return []
    return [Part("aws", _module(layout, env, "aws", "envrunner", "aws"))]


def _module(layout: Layout, env: Mapping[str, str], name: str, module: str, *command: str) -> Callable[[], Program]:
    argv = [sys.executable, "-m", module, *command]
    return lambda: Program(name=name, argv=argv, env=env, cwd=CHECKOUT, log_file=layout.log(name))
