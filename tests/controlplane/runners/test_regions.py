"""Everybody who is signed in learns where environments can be, and the default is where they are when none is named."""

from __future__ import annotations

from sqlalchemy.orm import Session

from controlplane.runners import service
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def test_regions_are_those_that_have_runners(session: Session, signed_up: SignedUp, node: Node) -> None:
    ann = signed_up("ann")
    assert ann.get("/regions").json() == {"items": [{"region": "local", "isDefault": True}]}
    service.register(session, "far", "eu-1", "a credential of its own", 5)
    service.register(session, "farther", "eu-1", "another credential", 5)
    session.flush()
    named = ann.get("/regions").json()["items"]
    assert named == [{"region": "eu-1", "isDefault": False}, {"region": "local", "isDefault": True}]
    made = ann.post(f"/accounts/{ann.account('proving')}/environments", {"name": "dev", "region": "eu-1"})
    assert (made.status_code, made.json()["region"]) == (202, "eu-1")
