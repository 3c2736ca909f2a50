"""A code that a browser brings from the console becomes the cookie of an engine's own UI: once, there, by a visit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.edge.ui import ANN, admin, visit

CODE = "7" * 49


@pytest.fixture
def team(world: World) -> Stack:
    world.stack.add_member(ANN, "owner")
    return world.stack


@pytest.fixture
def code(team: Stack) -> Callable[[int], str]:
    """Make the plane's double give a session of Ann's for it, in an environment."""

    def make(number: int) -> str:
        pair = team.add_ui_session(number, ANN, "given")
        name, _, value = pair.partition("=")
        team.plane.codes[(f"env_{label(number)}", CODE)] = {"name": name, "value": value, "message": None}
        return pair

    return make


def bring(stack: Stack, *, method: str = "GET", number: int = 1, **headers: str) -> Answer:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return ask(admin(stack, number), f"/.restate-cloud/ui-session?code={CODE}", method=method, headers=named)


def test_a_code_becomes_a_cookie_once(team: Stack, code: Callable[[int], str]) -> None:
    pair = code(1)
    answer = bring(team, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")
    assert answer.status == 200
    assert answer.headers["set-cookie"] == f"{pair}; Path=/; HttpOnly; SameSite=Strict"
    assert answer.headers["cache-control"] == "no-store"
    assert b"url=/ui/" in answer.body
    assert CODE.encode() not in answer.body
    assert visit(team, pair).status == 200

    again = bring(team)
    again.assert_refusal(403)
    assert "set-cookie" not in again.headers


def test_a_code_opens_no_other_environment(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    bring(team, number=2).assert_refusal(403)
    assert bring(team).status == 200


def test_a_code_is_not_used_up_by_what_is_no_visit(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    assert bring(team, method="HEAD").status == 400
    bring(team, method="POST").assert_refusal(400)
    bring(team, Sec_Fetch_Dest="iframe", Sec_Fetch_Mode="navigate").assert_refusal(400)
    bring(team, Sec_Fetch_Mode="no-cors").assert_refusal(400)
    bring(team, Sec_Purpose="prefetch").assert_refusal(400)
    for wrong in ("", "?code=", "?code=a%20b", f"?code={CODE}0", "?code=" + "7" * 9000):
        ask(admin(team), f"/.restate-cloud/ui-session{wrong}").assert_refusal(400)
    assert bring(team).status == 200


def test_the_way_of_a_code_is_on_admin_ports_only(team: Stack, code: Callable[[int], str]) -> None:
    code(1)
    ask(admin(team) - 1, f"/.restate-cloud/ui-session?code={CODE}").assert_refusal(401)
    ask(team.admin, f"/.restate-cloud/ui-session?code={CODE}", host="nobody.example.com").assert_refusal(404)
    ask(admin(team), "/.edge/ui-sessions", method="POST", body=b"{}").assert_refusal(404)
    assert bring(team).status == 200
