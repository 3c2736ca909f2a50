"""What an engine can see and reach, and who can reach it."""

from __future__ import annotations

import os
import socket
from functools import partial
from pathlib import Path

import pytest

from envrunner.engine.accounts import edge_account
from envrunner.engine.aws import variables
from envrunner.engine.configuration import render
from envrunner.wire import Desired, EngineState
from tests.envrunner.accounts import REFUSED, errno_as
from tests.envrunner.nodes import IS_ROOT, Node
from tests.envrunner.specs import spec

root_only = pytest.mark.skipif(not IS_ROOT, reason="engines have accounts of their own only when the node is root")

HERE, NEIGHBOUR = spec(30), spec(31)


@pytest.fixture(scope="module")
def pid(shared_node: Node) -> int:
    """Two engines run; the first one's process."""
    # Engines must be reachable by the edge's account, whatever the modes of the temporary directory's parents.
    shared_node.home.chmod(0o711)
    shared_node.settle(NEIGHBOUR)
    found = shared_node.settle(HERE).pid
    assert found is not None
    return found


def listening_inodes() -> set[str]:
    """Inodes of all listening TCP sockets of this machine (proc_net(5), state 0A)."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    return {fields[9] for fields in lines if fields[3] == "0A"}


def descriptors(pid: int) -> dict[int, str]:
    return {int(path.name): str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()}


def test_no_listening_tcp_socket_belongs_to_it(shared_node: Node, pid: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as known:
        assert str(os.fstat(known.fileno()).st_ino) in listening_inodes()
        own = {link.partition("[")[2].rstrip("]") for link in descriptors(pid).values() if link.startswith("socket:")}
        assert len(own) > 2
        assert not own & listening_inodes()


def test_its_environment_is_what_was_rendered_and_no_more(shared_node: Node, pid: int) -> None:
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    got = dict(entry.partition("=")[::2] for entry in entries if entry)
    # A shell that starts it adds its own working directory.
    extra = {"LISTEN_PID", "PWD"}
    assert {name: value for name, value in got.items() if name not in extra} == render(
        HERE, variables(shared_node.settings)
    )
    assert got["LISTEN_PID"] == str(pid)


def test_it_inherits_no_descriptor_but_those_meant(shared_node: Node, pid: int) -> None:
    meant = ("socket:", "anon_inode:", "pipe:", "/dev/null", "/dev/urandom", "/sys/fs/cgroup")
    own = str(shared_node.directory(HERE))
    others = {link for link in descriptors(pid).values() if not link.startswith((*meant, own)) and "/proc/" not in link}
    assert {Path(link).name for link in others} == {"restate-server", f"{HERE.label}.lock", f"{HERE.label}.log"}


def test_no_core_dump_and_private_files(shared_node: Node, pid: int) -> None:
    limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
    core = next(line for line in limits if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    status = Path(f"/proc/{pid}/status").read_text()
    assert "Umask:\t0077" in status
    assert shared_node.directory(HERE).stat().st_mode & 0o777 == 0o700
    assert (shared_node.directory(HERE) / "identity.pem").stat().st_mode & 0o777 == 0o600
    assert shared_node.log(HERE).stat().st_mode & 0o777 == 0o600


def test_the_agent_socket_is_the_owners(shared_node: Node, pid: int) -> None:
    assert shared_node.settings.agent_socket.stat().st_mode & 0o777 == 0o600


@root_only
def test_each_has_an_account_of_its_own(shared_node: Node, pid: int) -> None:
    uid, neighbour = (shared_node.directory(one).stat().st_uid for one in (HERE, NEIGHBOUR))
    assert len({0, uid, neighbour}) == 3
    status = Path(f"/proc/{pid}/status").read_text()
    assert f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in status
    assert f"Gid:\t{uid}\t{uid}\t{uid}\t{uid}\n" in status
    assert "Groups:\t \n" in status


@root_only
def test_a_neighbour_reaches_nothing(shared_node: Node, pid: int) -> None:
    neighbour = shared_node.directory(NEIGHBOUR).stat().st_uid
    home, own = shared_node.settings, shared_node.directory(HERE)
    for path in (
        own,
        own / "engine",
        home.engines_dir,
        home.state_dir,
        home.state_dir / "specs",
        shared_node.log(HERE).parent,
    ):
        assert errno_as(neighbour, partial(os.scandir, path)) in REFUSED, path
    for path in (own / "identity.pem", shared_node.log(HERE), home.state_dir / "accounts.json"):
        assert errno_as(neighbour, partial(os.open, path, os.O_RDONLY)) in REFUSED, path
    for path in (shared_node.socket(HERE, "i"), shared_node.socket(HERE, "a"), home.agent_socket):
        assert errno_as(neighbour, partial(connect, path)) in REFUSED, path
    for path in (Path(f"/proc/{pid}/environ"), Path(f"/proc/{pid}/mem")):
        assert errno_as(neighbour, partial(os.open, path, os.O_RDONLY)) in REFUSED, path
    assert errno_as(neighbour, lambda: os.kill(pid, 0)) in REFUSED


@root_only
def test_the_edge_reaches_the_sockets_and_nothing_else(shared_node: Node, pid: int) -> None:
    edge = edge_account()
    assert edge is not None
    assert errno_as(edge, lambda: connect(shared_node.socket(HERE, "i"))) == 0
    assert errno_as(edge, lambda: connect(shared_node.socket(HERE, "a"))) == 0
    assert errno_as(edge, lambda: connect(shared_node.settings.agent_socket)) in REFUSED
    assert errno_as(edge, partial(os.scandir, shared_node.directory(HERE))) in REFUSED


def connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_what_a_tenant_plants_is_not_followed_when_it_is_destroyed(shared_node: Node, tmp_path: Path) -> None:
    one = spec(32)
    shared_node.settle(one)
    precious = tmp_path / "precious"
    precious.write_text("x")
    (shared_node.directory(one) / "engine" / "link").symlink_to(tmp_path)
    shared_node.settle(spec(32, generation=2, desired=Desired.ABSENT), EngineState.ABSENT)
    assert not shared_node.directory(one).exists()
    assert precious.read_text() == "x"
