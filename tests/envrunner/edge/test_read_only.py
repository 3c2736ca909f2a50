"""An environment that is read-only: its admin API changes nothing, and everything else goes on."""

from __future__ import annotations

import json

import pytest

from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.conftest import World
from tests.envrunner.edge.stack import label

QUIET, SWITCHED = 10, 11
READ_ONLY = "This environment is read-only"


@pytest.fixture(scope="module")
def read_only(world: World) -> World:
    """With a read-only environment, and one that is not."""
    for number in (QUIET, SWITCHED):
        world.stack.add_environment(number, readOnly=number == QUIET, ingressPort=None, adminPort=None)
        world.tokens[f"full:{number}"] = world.stack.add_key(number, "full")
    world.stack.wait_applied()
    return world


def call(world: World, method: str, target: str, token: str = "", body: bytes = b"{}", number: int = QUIET) -> Answer:
    """On the admin API."""
    return ask(
        world.port("admin"), target, method=method, host=world.host(number), body=body,
        token=world.tokens[token or f"full:{number}"], headers=[("Content-Type", "application/json")],
    )  # fmt: skip


def test_nobody_changes_a_read_only_environment_and_everything_else_goes_on(read_only: World) -> None:
    for token in ("", "member:owner", "member:developer"):
        for method, target in (
            ("POST", "/deployments"), ("PATCH", "/services/S"), ("PATCH", "/invocations/inv_1/cancel"),
            ("PATCH", "/v3/invocations/inv_1/kill"), ("POST", "/services/S/state"), ("DELETE", "/deployments/dp_1"),
            ("POST", "/internal/invocations_batch_operations/kill"), ("PUT", "/limits/rules"),
        ):  # fmt: skip
            answer = call(read_only, method, target, token)
            answer.assert_refusal(403)
            message = answer.json["message"]
            assert message.startswith(READ_ONLY), (method, target)
            assert f"rcloud env read-only env_{label(QUIET)} off" in message
        for target in ("/version", "/deployments", "/ui/", "/v2/services"):
            assert call(read_only, "GET", target, token, b"").status == 200
        assert call(read_only, "POST", "/query", token, b'{"query": "SELECT 1"}').status == 200
        assert call(read_only, "POST", "/query", token, b'{"query": "SET a = 1"}').status == 403
        # The web interface's, which shows values by the one and calls services by the other.
        for verb in ("decode", "encode"):
            assert call(read_only, "POST", f"/internal/services/S/serdes/{verb}/x?a=b", token).status == 200
        assert call(read_only, "POST", "/nothing", token).status == 404
    own, host = read_only.tokens[f"full:{QUIET}"], read_only.host(QUIET)
    assert ask(read_only.port("ingress"), "/S/h", method="POST", host=host, token=own, body=b"{}").status == 200


def test_the_switch_holds_at_once_and_can_be_undone(read_only: World) -> None:
    route = {"accountId": "acc_1", "status": "ON", "requestSizeLimitBytes": 1000}
    assert call(read_only, "PATCH", "/invocations/inv_1/cancel", number=SWITCHED).status == 200
    for switch, status in ((True, 403), (False, 200)):
        read_only.stack.plane.change("routes", label(SWITCHED), {**route, "readOnly": switch})
        read_only.stack.wait_applied()
        assert call(read_only, "PATCH", "/invocations/inv_1/cancel", number=SWITCHED).status == status


def test_refusals_are_json(read_only: World) -> None:
    assert json.loads(call(read_only, "PATCH", "/services/S").body)["restate_code"] is None
