from __future__ import annotations

from collections.abc import Iterator

import pytest

from controlplane.settings import settings
from tests.controlplane.domains import nameserver
from tests.controlplane.domains.nameserver import NameServer


@pytest.fixture
def dns_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """The resolver that the plane asks."""
    with nameserver.running() as server:
        monkeypatch.setenv("CONTROLPLANE_DNS_RESOLVER", server.address)
        settings.cache_clear()
        yield server
        monkeypatch.undo()
        settings.cache_clear()
