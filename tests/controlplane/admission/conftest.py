"""An edge that asks, names that lead where a test says, and production's rules."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.controlplane.admission.edge import Edge
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


@pytest.fixture
def edge(signed_up: SignedUp, node: Node, monkeypatch: pytest.MonkeyPatch) -> Edge:
    def dialled(*_: object, **__: object) -> None:
        raise AssertionError("dialled")

    monkeypatch.setattr(socket, "create_connection", dialled)
    # Nobody asks the metadata service of the host that these tests run on.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ada = signed_up()
    account_id = ada.account()
    made = ada.post(f"/accounts/{account_id}/environments", {"name": "dev"})
    return Edge(node, made.json()["environmentId"], account_id)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Other people's names and where they lead."""
    known: dict[str, str] = {}
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if host in known:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (known[host], port))]
        return real(host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.fixture
def production(configured: Callable[..., None]) -> None:
    configured(loopback_mode="false")
