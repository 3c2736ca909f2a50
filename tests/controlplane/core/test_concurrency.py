"""More requests at once than there are connections and threads."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from fastapi import FastAPI

from controlplane.core import database
from tests.controlplane.people import SignedUp


@pytest.mark.usefixtures("committed")
def test_a_crowd_is_served_though_connections_and_threads_are_few(signed_up: SignedUp) -> None:
    ada = signed_up()
    crowd = 4 * database.POOL
    with ThreadPoolExecutor(crowd) as pool:
        answers = list(pool.map(lambda _: ada.get("/auth/me").status_code, range(crowd)))
    assert Counter(answers) == {200: crowd}


@pytest.mark.usefixtures("committed")
def test_a_request_that_finds_no_room_for_long_is_told_to_come_again(
    signed_up: SignedUp, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    monkeypatch.setattr(database, "_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(app.state, "database_slots", anyio.Semaphore(0))
    answer = ada.get("/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
