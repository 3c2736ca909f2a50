"""Connections that begin within a network of a test's own, for a program that stays where it is (setns(2))."""

from __future__ import annotations

import ctypes
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.two_networks import Network

_CLONE_NEWNET = 0x40000000


def connected(network: Network, address: tuple[str, int]) -> socket.socket:
    """As a process within the network would."""
    # A socket belongs to the network of the thread that makes it, and this one ends.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_connect, network.pid, address).result(60)


def _connect(pid: int, address: tuple[str, int]) -> socket.socket:
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/proc/{pid}/ns/net").open() as place:
        if libc.setns(place.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return socket.create_connection(address, timeout=30)
