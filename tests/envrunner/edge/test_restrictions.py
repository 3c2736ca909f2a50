"""What a restricted API key may do, case by case. For the general case see test_restrictions_oracle.py."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from envrunner.edge import compact
from tests.envrunner.edge.asking import Answer, ask
from tests.envrunner.edge.canned import plain
from tests.envrunner.edge.stack import Stack, label
from tests.envrunner.waiting import until

_numbers = count()


@pytest.fixture(scope="module")
def edge() -> Iterator[Stack]:
    stack = Stack()
    try:
        stack.add_environment(1)
        stack.start()
        yield stack
    finally:
        stack.stop()


def key(edge: Stack, role: str = "full", **restrictions: Any) -> str:
    token = edge.add_key(1, role, secret=f"r{next(_numbers)}", restrictions=restrictions)
    edge.wait_applied()
    return token


def call(edge: Stack, token: str, method: str, path: str, side: str = "ingress", body: bytes = b"") -> Answer:
    """By host name and by port, which must agree."""
    own = ask(edge.ports_from + 2 + (side == "admin"), path, method=method, token=token, body=body)
    port = edge.ingress if side == "ingress" else edge.admin
    shared = ask(port, path, method=method, token=token, host=edge.host(1), body=body)
    assert own.status == shared.status
    return own


@pytest.mark.parametrize(
    ("restrictions", "method", "path", "status"),
    [
        ({"services": ["Greeter"]}, "POST", "/Greeter/greet", 200),
        ({"services": ["Greeter"]}, "POST", "/Greeter/greet/send?delay=1s", 200),
        ({"services": ["Greeter"]}, "GET", "/Greeter/key/greet", 200),
        ({"services": ["Greeter"]}, "POST", "/Greeter/a%2Fb/greet", 200),
        ({"services": ["Greeter"]}, "POST", "/restate/call/Greeter/greet", 200),
        ({"services": ["Greeter"]}, "POST", "/restate/send/Greeter/k/greet", 200),
        ({"services": ["Greeter"]}, "GET", "/restate/workflow/Greeter/k/attach", 200),
        ({"services": ["Greeter"]}, "GET", "/restate/invocation/Greeter/greet/i1/output", 200),
        ({"services": ["Greeter"]}, "POST", "/Greeter2/greet", 403),
        ({"services": ["Greeter"]}, "POST", "/Other/Greeter/greet", 403),
        ({"services": ["Greeter"]}, "POST", "/restate/awakeables/prom_1x/resolve", 403),
        ({"services": ["Greeter"]}, "GET", "/restate/invocation/inv_1/output", 403),
        ({"services": ["Greeter"]}, "POST", "/restate/lookup", 403),
        ({"services": ["Greeter"]}, "GET", "/restate/health", 403),
        ({"services": ["Tenant*"]}, "POST", "/Tenant7.Jobs/run", 200),
        ({"services": ["Tenant*"]}, "POST", "/tenant7/run", 403),
        ({"handlers": ["Greeter/greet"]}, "POST", "/Greeter/greet", 200),
        ({"handlers": ["Greeter/greet"]}, "POST", "/Greeter/greet/send", 200),
        ({"handlers": ["Greeter/greet"]}, "POST", "/Greeter/other", 403),
        ({"handlers": ["Greeter/greet"]}, "POST", "/Greeter/k/greet", 403),
        ({"handlers": ["Counter/*/add"]}, "POST", "/Counter/k/add/send", 200),
        ({"handlers": ["Counter/*/add"]}, "POST", "/Counter/add", 403),
        ({"handlers": ["Counter/*/add"]}, "POST", "/Counter/add/send", 403),
        ({"handlers": ["Flow/*/run"]}, "GET", "/restate/workflow/Flow/w/output", 200),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Counter/t-7-x/add", 200),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Counter/t-7-x/send", 403),
        ({"objectKeys": ["t-7-*"]}, "POST", "/restate/call/Counter/t-7-x/send", 200),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Counter/%74-7-x/add", 200),
        ({"objectKeys": ["t:7:*"]}, "POST", "/Counter/t%3A7%3Ax%2Fy%20z/add", 200),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Counter/t-8-x/add", 403),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Counter/t-7-%ff/add", 403),
        ({"objectKeys": ["t-7-*"]}, "POST", "/Greeter/greet", 403),
        ({"objectKeys": ["a", "b"]}, "POST", "/Counter/a%22b/add", 403),
        ({"methods": ["POST"]}, "POST", "/Greeter/greet", 200),
        ({"methods": ["POST"]}, "GET", "/Greeter/greet", 403),
        ({"methods": ["GET"]}, "HEAD", "/Greeter/greet", 403),
        ({"networks": ["127.0.0.0/8"]}, "POST", "/Greeter/greet", 200),
        ({"networks": ["10.0.0.0/8", "127.0.0.1/32"]}, "POST", "/Greeter/greet", 200),
        ({"networks": ["10.0.0.0/8", "::1/128"]}, "POST", "/Greeter/greet", 403),
        ({"readOnly": True}, "GET", "/restate/health", 200),
        ({"readOnly": True}, "GET", "/restate/invocation/inv_1x/output", 200),
        ({"readOnly": True}, "POST", "/restate/lookup", 200),
        ({"readOnly": True}, "GET", "/Greeter/greet", 403),
        ({"readOnly": True}, "GET", "/restate/awakeables/prom_1/resolve", 403),
    ],
)
def test_calls(edge: Stack, restrictions: dict[str, Any], method: str, path: str, status: int) -> None:
    token = key(edge, **restrictions)
    answer = call(edge, token, method, path)
    assert answer.status == status, answer.body
    if status == 200 and method != "HEAD":
        assert answer.json["target"] == path
    elif method != "HEAD":
        answer.assert_refusal(403)
        assert "API key is re" in answer.json["message"]


@pytest.mark.parametrize(
    ("restrictions", "method", "path", "status"),
    [
        ({"services": ["Greeter"]}, "GET", "/services/Greeter", 200),
        ({"services": ["Greeter"]}, "GET", "/v3/services/Greeter/handlers/greet", 200),
        ({"services": ["Greeter"]}, "PATCH", "/services/Greeter", 200),
        ({"services": ["Greeter"]}, "POST", "/services/Greeter/state", 200),
        ({"services": ["Greeter"]}, "POST", "/internal/services/Greeter/serdes/encode/x", 200),
        ({"services": ["Greeter"]}, "GET", "/version", 200),
        ({"services": ["Greeter"]}, "GET", "/ui/", 200),
        ({"services": ["Greeter"]}, "GET", "/services/Other", 403),
        ({"services": ["Greeter"]}, "GET", "/services", 403),
        ({"services": ["Greeter"]}, "GET", "/deployments", 403),
        ({"services": ["Greeter"]}, "POST", "/deployments", 403),
        ({"services": ["Greeter"]}, "POST", "/v2/query", 403),
        ({"services": ["Greeter"]}, "PATCH", "/invocations/inv_1/kill", 403),
        ({"handlers": ["Greeter/greet"]}, "GET", "/services/Greeter/handlers/greet", 200),
        ({"handlers": ["Greeter/greet"]}, "GET", "/services/Greeter", 403),
        ({"objectKeys": ["a"]}, "POST", "/services/Counter/state", 403),
        ({"readOnly": True}, "GET", "/deployments", 200),
        ({"readOnly": True}, "POST", "/query", 200),
        ({"readOnly": True}, "DELETE", "/deployments/dp_1", 403),
        ({"methods": ["GET"]}, "POST", "/query", 403),
        ({"networks": ["10.0.0.0/8"]}, "GET", "/version", 403),
        ({"services": ["Greeter"]}, "GET", "/metrics", 404),
    ],
)
def test_administration(edge: Stack, restrictions: dict[str, Any], method: str, path: str, status: int) -> None:
    body = b'{"query": "SELECT 1"}' if path.endswith("query") else b"{}" if method in ("POST", "PATCH") else b""
    answer = call(edge, key(edge, "admin", **restrictions), method, path, "admin", body)
    assert answer.status == status, answer.body
    if status != 200:
        answer.assert_refusal(status)


@pytest.mark.parametrize("role", ["ingress", "admin", "complete_awakeable"])
def test_a_restriction_never_widens_a_role(edge: Stack, role: str) -> None:
    token = key(edge, role, methods=["GET", "POST", "DELETE"])
    assert call(edge, token, "POST", "/S/h").status == (200 if role == "ingress" else 403)
    awakeable = call(edge, token, "POST", "/restate/awakeables/prom_1/resolve")
    assert awakeable.status == (403 if role == "admin" else 200)
    assert call(edge, token, "DELETE", "/deployments/d", "admin").status == (200 if role == "admin" else 403)
    assert call(edge, key(edge, role, readOnly=True), "DELETE", "/deployments/d", "admin").status == 403


def test_who_only_reads_is_not_shown_what_engines_send_to_services(edge: Stack) -> None:
    deployment = {"id": "dp_1", "additional_headers": {"authorization": "Bearer topsecret"}}
    edge.engines[label(1)].canned = {"/deployments": plain({"deployments": [deployment]})}
    for role in ("admin", "full"):
        shown = call(edge, key(edge, role, readOnly=True), "GET", "/deployments", "admin")
        assert shown.json["deployments"][0]["additional_headers"] == {"authorization": "***"}
        whole = call(edge, key(edge, role, methods=["GET"]), "GET", "/deployments", "admin")
        assert b"topsecret" in whole.body
    edge.engines[label(1)].canned = {}


@pytest.mark.parametrize("side", ["ingress", "admin"])
def test_a_rate_holds_for_one_key_alone(edge: Stack, side: str) -> None:
    path = "/Greeter/greet" if side == "ingress" else "/version"
    port = edge.ports_from + 2 + (side == "admin")
    limited, other = key(edge, requestsPerSecond=3), key(edge, requestsPerSecond=1000)

    def refused() -> Answer | None:
        answers = [ask(port, path, token=limited) for _ in range(8)]
        return next((answer for answer in answers if answer.status == 429), None)

    assert ask(port, path, token=limited).status == 200
    answer = until(refused)
    answer.assert_refusal(429)
    assert answer.headers["retry-after"] == "1"
    assert "This API key" in answer.json["message"]
    assert ask(port, path, token=other).status == 200
    assert until(lambda: ask(port, path, token=limited).status == 200)


def test_what_may_not_pass_is_not_counted_as_use(edge: Stack) -> None:
    refused, passed = key(edge, services=["Greeter"]), key(edge, services=["Greeter"])
    assert call(edge, refused, "POST", "/Other/greet").status == 403
    assert call(edge, passed, "POST", "/Greeter/greet").status == 200
    refused_id, passed_id = (f"key_full1{token.partition('.')[2]}" for token in (refused, passed))
    until(lambda: passed_id in edge.plane.usage)
    assert refused_id not in edge.plane.usage


KEY = {"keyId": "key_1", "label": label(1), "role": "full", "expiresAt": None}
ONE = {"services": ["a"]}
MISTAKEN: list[Any] = [
                None, {}, [], "all", {**ONE, "hours": [9]}, {"services": []}, {"services": "a"}, {"services": [1]},
                {"services": ['a"b']}, {"services": ["*"]}, {"services": ["a b"]}, {"handlers": ["a"]},
                {"handlers": ["a/b/c"]}, {"objectKeys": ["a b"]}, {"objectKeys": ['"']}, {"objectKeys": ["a*b"]},
                {"objectKeys": ["a\t"]}, {"methods": ["get"]}, {"networks": ["10.0.0.1/8"]}, {"networks": ["x"]},
                {"networks": [10]}, {"requestsPerSecond": 0}, {"requestsPerSecond": True}, {"requestsPerSecond": "5"},
                {"readOnly": False}, {"readOnly": 1}, {"services": ["a"] * 101},
]  # fmt: skip


def test_what_one_key_may_is_remembered_for_nobody_else(edge: Stack) -> None:
    """Each twice: the second time from what the edge remembers, if that were enough."""
    allowed, other = (
        key(edge, services=["Mine", "Pre*"], methods=["POST"]),
        key(edge, services=["Yours"], methods=["POST"]),
    )
    for path in ("/Mine/run", "/Prefixed/run", "/Mine/a%2Fb/run"):
        for _ in range(2):
            assert call(edge, allowed, "POST", path).status == 200
            assert call(edge, other, "POST", path).status == 403
            assert call(edge, allowed, "PUT", path).status == 403
            assert call(edge, allowed, "POST", f"/Yours{path}").status == 403
    assert call(edge, other, "POST", "/Yours/run").status == 200


def test_an_address_is_remembered_for_no_other(edge: Stack) -> None:
    token, port = key(edge, networks=["127.0.0.1/32"]), edge.ports_from + 2
    for _ in range(2):
        assert ask(port, "/Greeter/greet", token=token).status == 200
        assert ask(port, "/Greeter/greet", token=token, source="127.0.0.11").status == 403


def test_what_is_remembered_ends_with_the_restrictions(edge: Stack) -> None:
    """Another entry for the same key, as no version of the control plane writes it, counts from the next request on."""
    token = key(edge, services=["Mine"])
    assert {call(edge, token, "POST", "/Mine/run").status for _ in range(2)} == {200}
    assert edge.add_key(1, "full", secret=token.partition(".")[2], restrictions={"services": ["Other"]}) == token
    edge.wait_applied()
    assert call(edge, token, "POST", "/Mine/run").status == 403
    assert call(edge, token, "POST", "/Other/run").status == 200


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "api_key", "restrictions": ONE},
        {"kind": "api_key", "restrictions": None},
        {"kind": "restricted_api_key"},
        *({"kind": "restricted_api_key", "restrictions": one} for one in MISTAKEN),
    ],
)
def test_what_is_not_understood_lets_nobody_in(value: dict[str, Any]) -> None:
    assert list(compact.principal("d" * 43, KEY | value)) == [("d" * 43, None)]


def test_columns() -> None:
    every = {
        "objectKeys": ["t-7-*"], "handlers": ["a/b", "c/*/d"], "services": ["a", "b*"], "readOnly": True,
        "requestsPerSecond": 5, "methods": ["GET"],
        "networks": ["10.0.0.0/8", "203.0.112.0/22", "::/0", "2001:db8::/33"],
    }  # fmt: skip
    networks = (
        '"40a"4cb0070"4cb0071"4cb0072"4cb0073"6"620010db80"620010db81"620010db82"620010db83"620010db84"620010db85"'
    )
    networks += '620010db86"620010db87"'
    words = ["5", "r", '"GET"', networks, '"a"b*"', '"a/b"c/*/d"', '"t-7-*"']
    ((_, columns),) = compact.principal("d" * 43, KEY | {"kind": "restricted_api_key", "restrictions": every})
    assert columns is not None
    shown, _, last = columns.rpartition(" ")
    assert shown == f"F{label(1)}9999999999key_1 {' '.join(words)}"
    assert (last[:7], len(last)) == ("0000005", 29)


def test_other_restrictions_have_other_names() -> None:
    names = set()
    for one in ({"services": ["a"]}, {"services": ["a", "b"]}, {"handlers": ["a/b"]}, {"requestsPerSecond": 5}):
        ((_, columns),) = compact.principal("d" * 43, KEY | {"kind": "restricted_api_key", "restrictions": one})
        assert columns is not None
        names.add(columns[-22:])
    assert len(names) == 4
