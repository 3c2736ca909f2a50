"""Creations at the same moment, with real commits."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.orm import Session, sessionmaker

from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def test_twenty_at_once_get_ports_of_their_own_and_one_name_is_given_once(
    committed: sessionmaker[Session], signed_up: SignedUp, node: Node
) -> None:
    assert committed
    ada = signed_up()
    path = f"/accounts/{ada.account()}/environments"
    names = [f"e{i}" for i in range(20)] + ["same"] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: ada.post(path, {"name": name}), names))
    made = [answer.json() for answer in answers if answer.status_code == 202]
    assert len(made) == 21
    assert sorted(answer.status_code for answer in answers)[-3:] == [409, 409, 409]
    assert len({item["ingressBaseUrl"] for item in made}) == 21
    assert len(node.specs()) == 21
