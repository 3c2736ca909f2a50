"""A person's sessions as a program sees them that acts in the person's name."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.controlplane.oauth.programs import admitted
from tests.controlplane.people import Person, SignedUp


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


def kinds(caller: Person) -> dict[str, str]:
    """Of each session by its id."""
    return {one["sessionId"]: one["kind"] for one in caller.get("/auth/sessions").json()["items"]}


def test_a_program_lists_them_all_and_ends_programs(client: TestClient, ada: Person) -> None:
    mine, other = admitted(client, ada), admitted(client, ada)
    assert sorted(kinds(mine).values()) == ["browser", "program", "program"]
    [theirs] = [one["sessionId"] for one in other.get("/auth/sessions").json()["items"] if one["current"]]
    assert mine.delete(f"/auth/sessions/{theirs}").status_code == 204
    assert other.get("/auth/me").status_code == 401
    assert mine.get("/auth/me").status_code == 200


def test_a_stolen_programs_token_cannot_turn_its_owner_out(client: TestClient, ada: Person) -> None:
    program = admitted(client, ada)
    [browser] = [session_id for session_id, kind in kinds(program).items() if kind == "browser"]
    for path in (f"/auth/sessions/{browser}", "/auth/sessions"):
        refused = program.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "person_required")
    assert ada.get("/auth/me").status_code == 200
    assert ada.delete("/auth/sessions").status_code == 204
    assert program.get("/auth/me").status_code == 401


def test_nobody_elses_session_is_there_to_be_ended(client: TestClient, ada: Person, signed_up: SignedUp) -> None:
    eve = admitted(client, signed_up("eve"))
    for session_id in kinds(ada):
        assert eve.delete(f"/auth/sessions/{session_id}").status_code == 404
    assert ada.get("/auth/me").status_code == 200
