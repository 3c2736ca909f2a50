"""An environment is destroyed while somebody looks at it: after its row was read, and before its keys are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session, sessionmaker

from controlplane.environments import repository
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp


@pytest.fixture
def ada(committed: sessionmaker[Session], signed_up: SignedUp) -> Person:
    assert committed
    return signed_up()


@pytest.fixture
def gone(ada: Person, node: Node, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The path of an account's two environments, and the id of the one that is destroyed when keys are read next."""
    path = f"/accounts/{ada.account()}/environments"
    made = {name: ada.post(path, {"name": name}).json()["environmentId"] for name in ("stays", "gone")}
    node.does_what_it_should()
    ada.delete(f"{path}/{made['gone']}?purge=true")
    read = repository.identity_keys_of

    def late(session: Session, environment_ids: Sequence[str]) -> object:
        monkeypatch.setattr(repository, "identity_keys_of", read)
        node.does_what_it_should()
        return read(session, environment_ids)

    monkeypatch.setattr(repository, "identity_keys_of", late)
    return path, made["gone"]


def test_it_is_no_longer_listed(ada: Person, gone: tuple[str, str]) -> None:
    answer = ada.get(gone[0])
    assert answer.status_code == 200, answer.text
    assert [one["name"] for one in answer.json()["items"]] == ["stays"]


@pytest.mark.parametrize("below", ["", "/identity-keys/check"])
def test_it_is_not_found(ada: Person, gone: tuple[str, str], below: str) -> None:
    answer = ada.get("/".join(gone) + below)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
