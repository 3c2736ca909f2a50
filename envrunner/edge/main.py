"""The edge's two processes: nginx itself, and the agent that feeds it."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from functools import partial

import structlog

from envrunner import logs
from envrunner.agent_client import AgentClient
from envrunner.client import InternalClient
from envrunner.edge import feed, links, nginx, ports, rendering
from envrunner.edge.admission import Admission
from envrunner.edge.door import Door
from envrunner.edge.keeper import Keeper
from envrunner.edge.layout import EdgeLayout
from envrunner.edge.mirror import Mirror
from envrunner.edge.recording import Recorder
from envrunner.edge.rendering import Addresses
from envrunner.edge.tables import open_tables
from envrunner.edge.throttling import Throttling
from envrunner.edge.usage import Usage
from envrunner.settings import Settings, settings

_log = structlog.get_logger(__name__)


class PortTaken(SystemExit):
    """Another program listens on a port that all environments share."""


def run_edge() -> None:
    """Render the configuration and become nginx's master, in the foreground; does not return.

    Start it as the leader of its own session. A `kill -9` of the master leaves its workers holding the ports: whoever
    keeps this process ends the whole process group before a new start, and this function ends what may still be
    there. Works without the edge agent and the control plane: nginx answers 503 until the agent has given it its
    tables. Raises PortTaken, or `nginx.NginxMissing`.
    """
    current = settings()
    logs.configure("edge")
    layout, addresses = EdgeLayout.of(current), addresses_of(current)
    layout.prepare()
    nginx.end_leftovers(layout.pid_file, layout.boot_file)
    for port in (addresses.ingress_port, addresses.admin_port):
        if not ports.can_bind(addresses.host, port):
            raise PortTaken(f"port {port} on {addresses.host} is held by another program")
    tables = open_tables(layout.tables)
    links.make(layout, tables.slots())
    slots, wanted = ports.plan(tables, addresses, held=())
    rendering.write(layout, addresses, slots, wanted)
    for left in (layout.control, layout.back, layout.phrase, *layout.entries.iterdir()):
        left.unlink(missing_ok=True)
    program = str(nginx.binary())
    arguments = [program, "-p", str(layout.state), "-c", str(layout.configuration), "-e", "stderr"]
    os.execv(program, arguments)  # noqa: S606 becoming nginx is the point


def run_edge_agent() -> None:
    """Follow the control plane's change log and keep nginx's tables equal to it; does not return.

    Needs no orderly end: it may be killed at any instruction.
    """
    current = settings()
    logs.configure("edge-agent")
    layout, addresses = EdgeLayout.of(current), addresses_of(current)
    layout.prepare()
    with layout.agent_lock.open("w") as lock:
        # Two agents would overtake each other's changes: a second one waits for the first one's end.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _keep_fed(current, layout, addresses)


def _keep_fed(current: Settings, layout: EdgeLayout, addresses: Addresses) -> None:
    mirror = Mirror(layout, open_tables(layout.tables))
    mirror.start()
    client = InternalClient(current.internal_url, current.credential_file)
    throttling = Throttling(client, mirror)
    works: dict[str, Callable[[], None]] = {
        "feed": partial(feed.follow, client, mirror),
        "usage": Usage(client, mirror).run,
        "recording": Recorder(client, layout).run,
        "admission": Admission(client, layout.admission, current.sockets_dir, AgentClient(current.agent_socket)).run,
        "throttling": throttling.run,
        "door": Door(mirror, layout.door, throttling.metrics).run,
    }
    for name, work in works.items():
        threading.Thread(target=partial(_or_end, work), name=name, daemon=True).start()
    Keeper(layout, addresses, mirror).run()


def _or_end(work: Callable[[], None]) -> None:
    """An agent that has lost one of its threads must not look alive: it ends, and is started again."""
    try:
        work()
    except Exception:  # noqa: BLE001 whatever it was, it is logged and the process ends
        _log.exception("the edge agent ends")
        os._exit(1)


def addresses_of(current: Settings) -> Addresses:
    """Where the settings say the edge listens."""
    ports = (current.ingress_port, current.admin_port, current.environment_ports_from)
    trusted = tuple(current.trusted_proxies.split())
    return Addresses(current.bind_host, *ports, current.query_seconds, trusted, current.proxy_protocol)
