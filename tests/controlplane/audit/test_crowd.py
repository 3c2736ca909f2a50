"""Many who export at once hold up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session, sessionmaker

from controlplane.audit import exporting
from tests.controlplane.people import SignedUp
from tests.support.waiting import until

EXPORTS = 8


def test_a_crowd_of_exports_takes_two_places(
    committed: sessionmaker[Session], signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_up()
    account_id = ada.account()
    path, inside, most, go_on = f"/accounts/{account_id}/audit-events", set(), [0], threading.Event()

    def slow(_account_id: str, _after: int) -> Iterator[bytes]:
        inside.add(threading.get_ident())
        most[0] = max(most[0], len(inside))
        go_on.wait(60)
        inside.discard(threading.get_ident())
        yield b"{}\n"

    monkeypatch.setattr(exporting, "lines", slow)
    with ThreadPoolExecutor(EXPORTS) as pool:
        answers = [pool.submit(ada.get, f"{path}/export") for _ in range(EXPORTS)]
        until(lambda: len(inside) >= 2)
        assert ada.get(path).status_code == 200
        go_on.set()
        assert {answer.result().text for answer in answers} == {"{}\n"}
    assert most == [2]
