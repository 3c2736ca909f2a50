from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient


@pytest.fixture
def mailing(configured: Callable[..., None]) -> None:
    """A plane with a transport; nobody listens there, so that what it writes stays queued."""
    configured(smtp_url="smtp://127.0.0.1:1", mail_from="cloud@example.com")


@pytest.fixture
def at(app: FastAPI, client: TestClient) -> Iterator[Callable[[str], TestClient]]:
    """`at("192.0.2.1")`: an anonymous client at that network address."""
    made: list[TestClient] = []

    def elsewhere(address: str) -> TestClient:
        made.append(TestClient(app, base_url="http://127.0.0.1:8000", client=(address, 50000)))
        return made[-1]

    yield elsewhere
    for one in made:
        one.close()
