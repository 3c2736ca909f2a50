"""More requests at once than there are connections and threads."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from controlplane.core import database, rooms
from controlplane.login import passwords
from tests.controlplane.people import API, PASSWORD, SignedUp


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
    monkeypatch.setattr(rooms, "_WAIT_SECONDS", 0.05)
    monkeypatch.setitem(app.state.rooms, "database", anyio.Semaphore(0))
    answer = ada.get("/auth/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.usefixtures("committed")
def test_a_flood_of_logins_holds_up_nobody_who_is_signed_in(
    signed_up: SignedUp, app: FastAPI, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    monkeypatch.setattr(rooms, "_WAIT_SECONDS", 0.05)
    monkeypatch.setitem(app.state.rooms, "passwords", anyio.Semaphore(0))
    for path in ("login", "signup"):
        answer = client.post(f"{API}/auth/{path}", json={"email": ada.email, "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert ada.get("/auth/me").status_code == 200


@pytest.mark.usefixtures("committed")
def test_few_passwords_are_hashed_at_once(
    signed_up: SignedUp, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    met: list[str] = []
    real, five = passwords.matches, threading.Barrier(5, action=lambda: met.append("five at once"))

    def together(password: str, stored: str | None) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            five.wait(0.2)
        return real(password, stored)

    monkeypatch.setattr(passwords, "matches", together)
    body = {"email": ada.email, "password": PASSWORD}
    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(lambda _: client.post(f"{API}/auth/login", json=body).status_code, range(12)))
    assert Counter(statuses) == {200: 12}
    assert met == []
