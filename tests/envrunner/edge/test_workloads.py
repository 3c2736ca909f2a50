"""The access token of a CI job at the edge: its role, its one environment, its minutes, and whoever vouches for it."""

from __future__ import annotations

import http.client
import queue
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from envrunner.edge import compact
from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.stack import Stack, digest, label

ANN = "usr_ann"
SIDES = {
    "a call": ("ingress", "POST", "/Greeter/greet"),
    "an awakeable": ("ingress", "POST", "/restate/awakeables/prom_1x/resolve"),
    "a look": ("admin", "GET", "/deployments"),
    "a change": ("admin", "DELETE", "/deployments/dp_1"),
}
MAY = {
    "developer": set(SIDES),
    "full": set(SIDES),
    "viewer": {"a look"},
    "ingress": {"a call", "an awakeable"},
    "admin": {"a look", "a change"},
    "complete_awakeable": {"an awakeable"},
}


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(1)
        stack.add_environment(2)
        stack.add_environment(3, accountId="acc_2")
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def vouching(edge: Stack) -> Stack:
    edge.add_member(ANN, "admin")
    return edge


def status(stack: Stack, token: str, side: str, method: str, path: str, number: int = 1) -> int:
    own = stack.ports_from + 2 * number + (side == "admin")
    shared = stack.ingress if side == "ingress" else stack.admin
    answers = (
        ask(own, path, method=method, token=token).status,
        ask(shared, path, method=method, token=token, host=stack.host(number)).status,
    )
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_what_it_may_and_in_no_other_environment(vouching: Stack, role: str) -> None:
    assert set(MAY) == set(compact.WORKLOAD_ROLES)
    token = vouching.add_workload(1, role, ANN)
    vouching.wait_applied()
    for name, (side, method, path) in SIDES.items():
        assert status(vouching, token, side, method, path) == (200 if name in MAY[role] else 403), name
        assert {status(vouching, token, side, method, path, number) for number in (2, 3)} == {403}, name


def test_it_ends_with_its_last_minute(vouching: Stack) -> None:
    token = vouching.add_workload(1, "full", ANN, (datetime.now(UTC) - timedelta(seconds=1)).isoformat())
    vouching.wait_applied()
    answer = ask(vouching.ports_from + 3, "/deployments", token=token)
    answer.assert_refusal(401)


def held(stack: Stack) -> set[str]:
    """What nginx has an entry for."""
    with httpx2.Client(transport=httpx2.HTTPTransport(uds=str(stack.control))) as client:
        return set(client.get("http://nginx/keys").text.split())


def test_what_expired_long_ago_takes_no_room(vouching: Stack) -> None:
    """A job's token is not revoked when it ends; the room for credentials would fill up with dead ones."""
    ago = [(datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z") for minutes in (30, 65)]
    recent, old = (
        digest(vouching.add_workload(1, role, ANN, at)) for role, at in zip(("full", "admin"), ago, strict=True)
    )
    vouching.wait_applied()
    vouching.kill("edge_agent")
    vouching.start_process("edge_agent")
    vouching.wait_until(lambda: old not in held(vouching))
    assert recent in held(vouching)


@pytest.mark.parametrize("role", ["developer", "viewer", None])
def test_it_is_worth_nothing_once_whoever_vouches_may_less(vouching: Stack, role: str | None) -> None:
    token = vouching.add_workload(1, "viewer", ANN)
    vouching.plane.change("members", f"{ANN}/acc_1", role and {"role": role})
    vouching.wait_applied()
    assert status(vouching, token, *SIDES["a look"]) == 403


def test_being_an_owner_elsewhere_vouches_for_nothing_here(edge: Stack) -> None:
    edge.add_member("usr_eve", "owner", "acc_1")
    token = edge.add_workload(3, "full", "usr_eve")
    edge.wait_applied()
    assert status(edge, token, *SIDES["a look"], number=3) == 403


def revoked(stack: Stack, token: str) -> None:
    stack.plane.change("principals", digest(token), None)


def removed(stack: Stack, _token: str) -> None:
    stack.plane.change("members", f"{ANN}/acc_1", None)


def demoted(stack: Stack, _token: str) -> None:
    stack.plane.change("members", f"{ANN}/acc_1", {"role": "developer"})


@pytest.mark.parametrize("ending", [revoked, removed, demoted])
def test_a_call_under_way_breaks_off(vouching: Stack, ending: Callable[[Stack, str], None]) -> None:
    token = vouching.add_workload(1, "full", ANN)
    vouching.wait_applied()
    engine = vouching.engines[label(1)]
    engine.to_send.put(None)
    engine.to_send = queue.Queue()
    engine.to_send.put(b"first")
    connection = http.client.HTTPConnection("127.0.0.1", vouching.ports_from + 3, timeout=20)
    connection.request("GET", "/ui/stream", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    assert response.read1(100) == b"first"
    ending(vouching, token)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        response.read()


@pytest.mark.parametrize(
    "change",
    [{"role": "owner"}, {"role": None}, {"label": "x"}, {"userId": "a/b"}, {"tokenId": ""}, {"expiresAt": None}],
)
def test_what_is_not_understood_lets_nobody_in(change: dict[str, object]) -> None:
    value = {"kind": "workload", "tokenId": "tok_1", "label": label(1), "role": "full", "userId": ANN}
    whole = {**value, "expiresAt": "2030-01-01T00:00:00Z"}
    assert dict(compact.principal("d" * 43, whole)) == {"d" * 43: f"wf{label(1)}1893456000{ANN}/tok_1"}
    assert list(compact.principal("d" * 43, whole | change)) == [("d" * 43, None)]
