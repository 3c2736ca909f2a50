"""Role by port by method by path, against rules stated a second time here, in other words than rules.js."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import API_KEY_ROLES, MEMBER_ROLES, MINE, World

SEES_ALL = {"full", "member:owner", "member:admin", "member:developer"}
ROLES = [*API_KEY_ROLES, *(f"member:{role}" for role in MEMBER_ROLES)]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

READS = [
    "/health",
    "/version",
    "/cluster-health",
    "/openapi",
    "/deployments",
    "/deployments/{}",
    "/services",
    "/services/{}",
    "/services/{}/handlers",
    "/services/{}/handlers/{}",
    "/services/{}/openapi",
    "/subscriptions",
    "/subscriptions/{}",
    "/kafka-clusters",
    "/kafka-clusters/{}",
]
WRITES = [
    "POST:/deployments",
    "PATCH:/deployments/{}",
    "PUT:/deployments/{}",
    "DELETE:/deployments/{}",
    "PATCH:/services/{}",
    "POST:/services/{}/state",
    "POST:/subscriptions",
    "DELETE:/subscriptions/{}",
    "POST:/kafka-clusters",
    "PATCH:/kafka-clusters/{}",
    "DELETE:/kafka-clusters/{}",
    "PUT:/limits/rules",
    "POST:/limits/rules/bulk-delete",
    "DELETE:/invocations/{}",
    "PATCH:/invocations/{}/cancel",
    "PATCH:/invocations/{}/kill",
    "PATCH:/invocations/{}/pause",
    "PATCH:/invocations/{}/purge",
    "PATCH:/invocations/{}/purge-journal",
    "PATCH:/invocations/{}/restart-as-new",
    "PATCH:/invocations/{}/resume",
    "POST:/vqueues/{}/pause",
    "POST:/vqueues/{}/resume",
    "POST:/internal/invocations_batch_operations/kill",
    "POST:/internal/invocations_batch_operations/cancel",
    "POST:/internal/invocations_batch_operations/purge",
    "POST:/internal/invocations_batch_operations/purge-journal",
    "POST:/internal/invocations_batch_operations/restart-as-new",
    "POST:/internal/invocations_batch_operations/resume",
    "POST:/internal/invocations_batch_operations/pause",
    "POST:/internal/services/{}/serdes/encode/{}",
]
READING_POSTS = ["/query", "/internal/services/{}/serdes/decode/{}"]
STATIC = [
    "/",
    "/ui",
    "/ui/",
    "/ui/assets/index-B1.js",
    "/ui/index.html",
    "/ui/invocations/inv_1abc",
    "/ui/state/My.Service",
    "/ui/virtual-objects/My.Service/a:b",
    "/ui/virtual-objects/My.Service/%C3%A9%20a%2Fb%3A%25..x",
    "/ui/workflows/Flow/.hidden",
    "/ui/flow-control/vqueues/vq_1%7Cx",
]
UNKNOWN = [
    "/metrics",
    "/metadata/x",
    "/deployments/a/b",
    "/services/a/handlers/b/c",
    "/internal",
    "/limits",
    "/v2",
    "/uix",
    "/debug",
]
INGRESS = [
    "/Greeter/greet",
    "/Greeter/key/greet/send",
    "/restate/health",
    "/restate/awakeables/sign_1abc/resolve",
    "/restate/awakeables/sign_1abc/reject",
    "/restate/a/prom_1/resolve",
    "/restate/awakeables/x/y/resolve",
    "/restate/awakeables//resolve",
    "/restate/awakeables/x/cancel",
    "/restate/b/x/resolve",
    "/openapi",
]


def fill(pattern: str) -> str:
    names = iter(("Some.Service-1_x", "inv_1~2"))
    return re.sub(r"\{\}", lambda _: next(names), pattern)


ADMIN = sorted(
    {
        *map(fill, READS),
        *(fill(write.partition(":")[2]) for write in WRITES),
        *STATIC,
        *UNKNOWN,
        *map(fill, READING_POSTS),
    }
)
KNOWN_READS = {fill(pattern) for pattern in READS}
KNOWN_WRITES = {(write.partition(":")[0], fill(write.partition(":")[2])) for write in WRITES}


def expected_on_ingress(role: str, method: str, path: str) -> int:
    if role in SEES_ALL or role == "ingress":
        return 200
    awakeable = method == "POST" and path.split("/")[1:3] in (["restate", "awakeables"], ["restate", "a"])
    whole = path.count("/") == 4 and path.split("/")[3] != "" and path.split("/")[4] in ("resolve", "reject")
    return 200 if role == "complete_awakeable" and awakeable and whole else 403


def expected_on_admin(role: str, method: str, path: str) -> int:
    if role not in SEES_ALL | {"admin", "member:viewer"}:
        return 403
    reads = method in ("GET", "HEAD") and path in KNOWN_READS | set(STATIC)
    if reads or (method == "POST" and path in map(fill, READING_POSTS)):
        return 200
    if (method, path) not in KNOWN_WRITES:
        return 404
    return 403 if role == "member:viewer" else 200


def body_of(method: str, path: str) -> bytes:
    if method == "POST" and path.endswith("/query"):
        return b'{"query": "SELECT 1"}'
    return b"{}" if method in ("POST", "PUT", "PATCH") else b""


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("side", ["ingress", "admin"])
def test_matrix(world: World, role: str, side: str) -> None:
    expected = expected_on_ingress if side == "ingress" else expected_on_admin
    paths = INGRESS if side == "ingress" else ADMIN
    wrong = []
    for method, path in itertools.product(METHODS, paths):
        body = body_of(method, path)
        answer = ask(world.port(side), path, method=method, host=world.host(), token=world.tokens[role], body=body)
        if answer.status != expected(role, method, path):
            wrong.append((method, path, answer.status, expected(role, method, path)))
        elif answer.status != 200 and method != "HEAD":
            answer.assert_refusal(answer.status)
        elif answer.status == 200 and method != "HEAD":
            assert (answer.json["side"], answer.json["target"]) == (side[0], path)
    assert wrong == []


@pytest.mark.parametrize("version", ["/v2", "/v3", "/v4"])
@pytest.mark.parametrize("role", ["admin", "member:viewer", "ingress"])
def test_versions_follow_the_same_rules(world: World, role: str, version: str) -> None:
    for method, path in (("GET", "/deployments"), ("POST", "/deployments"), ("POST", "/query"), ("GET", "/metrics")):
        answer = ask(
            world.port("admin"), version + path, method=method, host=world.host(), token=world.tokens[role],
            body=body_of(method, path),
        )  # fmt: skip
        assert answer.status == expected_on_admin(role, method, path), (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_own_ports_follow_the_same_rules_and_ignore_the_host(world: World, role: str) -> None:
    for host in ("127.0.0.1", "anything.example", world.host(2)):
        ingress = ask(world.own_port(MINE, "ingress"), "/S/h", method="POST", host=host, token=world.tokens[role])
        admin = ask(world.own_port(MINE, "admin"), "/deployments", host=host, token=world.tokens[role])
        assert ingress.status == expected_on_ingress(role, "POST", "/S/h")
        assert admin.status == expected_on_admin(role, "GET", "/deployments")
