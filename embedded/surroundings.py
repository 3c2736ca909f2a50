"""The environment variables that every process of the installation runs with."""

from __future__ import annotations

from collections.abc import Mapping

from embedded import postgres, valkey
from embedded.layout import CHECKOUT, Layout

DATABASE, BROKER = "CONTROLPLANE_DATABASE_URL", "CONTROLPLANE_REDIS_URL"


def own_postgres(given: Mapping[str, str]) -> bool:
    """Whether the database is ours to start: the caller names none."""
    return not given.get(DATABASE)


def own_redis(given: Mapping[str, str]) -> bool:
    """Whether the broker is ours to start: the caller names none."""
    return not given.get(BROKER)


def for_processes(layout: Layout, given: Mapping[str, str]) -> dict[str, str]:
    """What the caller exported, with everything of ours settled on top of it."""
    # Without compiled files every start would compile every import again, in a dozen processes.
    kept = {name: value for name, value in given.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **_shared(), **_control_plane(layout, given), **_node(layout, given)}


def _shared() -> dict[str, str]:
    return {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(CHECKOUT)}


def _control_plane(layout: Layout, given: Mapping[str, str]) -> dict[str, str]:
    ports = layout.ports
    return {
        "CONTROLPLANE_HOME": str(layout.home),
        "CONTROLPLANE_RUN_DIR": str(layout.run),
        DATABASE: given.get(DATABASE) or postgres.url(layout),
        BROKER: given.get(BROKER) or valkey.url(layout),
        "CONTROLPLANE_SECRETS_DIR": str(layout.secrets),
        "CONTROLPLANE_PUBLIC_HOST": "127.0.0.1",
        "CONTROLPLANE_API_PORT": str(ports.api),
        "CONTROLPLANE_INGRESS_PORT": str(ports.ingress),
        "CONTROLPLANE_ADMIN_PORT": str(ports.admin),
        "CONTROLPLANE_TUNNEL_PROXY_PORT": str(ports.tunnel_proxy),
        "CONTROLPLANE_RELAY_PORT": str(ports.relay),
        "CONTROLPLANE_ENVIRONMENT_PORTS_FROM": str(ports.environments_from),
        "CONTROLPLANE_INTERNAL_SOCKET": str(layout.api_socket),
        "CONTROLPLANE_REGION": "local",
        "CONTROLPLANE_DOMAIN": given.get("CONTROLPLANE_DOMAIN") or "restate.localhost",
    }


def _node(layout: Layout, given: Mapping[str, str]) -> dict[str, str]:
    ports = layout.ports
    return {
        "ENVRUNNER_STATE_DIR": str(layout.home / "agent"),
        "ENVRUNNER_ENGINES_DIR": str(layout.home / "engines"),
        "ENVRUNNER_EDGE_DIR": str(layout.home / "edge"),
        "ENVRUNNER_LOG_DIR": str(layout.logs),
        "ENVRUNNER_RUN_DIR": str(layout.run),
        "ENVRUNNER_INTERNAL_URL": f"unix:{layout.api_socket}",
        "ENVRUNNER_CREDENTIAL_FILE": str(layout.secrets / "runner-credential"),
        "ENVRUNNER_REDIS_URL": given.get(BROKER) or valkey.url(layout),
        "ENVRUNNER_RUNNER_ID": "local",
        "ENVRUNNER_BIND_HOST": "127.0.0.1",
        "ENVRUNNER_INGRESS_PORT": str(ports.ingress),
        "ENVRUNNER_ADMIN_PORT": str(ports.admin),
        "ENVRUNNER_RELAY_PORT": str(ports.relay),
        "ENVRUNNER_TUNNEL_PROXY_PORT": str(ports.tunnel_proxy),
        "ENVRUNNER_ENVIRONMENT_PORTS_FROM": str(ports.environments_from),
        "ENVRUNNER_ENGINE_BINARIES": given.get("ENVRUNNER_ENGINE_BINARIES") or str(CHECKOUT),
        **_aws(given),
    }


def _aws(given: Mapping[str, str]) -> dict[str, str]:
    """On one machine the role that customers trust and its region are said once."""
    said_once = {
        "ENVRUNNER_AWS_ROLE_ARN": given.get("CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN"),
        "ENVRUNNER_AWS_REGION": given.get("CONTROLPLANE_AWS_REGION"),
    }
    return {name: value for name, value in said_once.items() if value and not given.get(name)}
