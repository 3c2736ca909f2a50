"""The RPC of the stock CLI: exactly what each version requires, for the caller's own accounts."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

REQUIRED_BY_ANY_VERSION = {
    "environmentId", "name", "signingPublicKey", "ingressBaseUrl", "adminBaseUrl", "proxyBaseUrl",
    "region", "status", "tunnelBaseUrl", "apiKeys", "tunnelSrv",
}  # fmt: skip


def rpc(person: Person, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    """As the CLI sends it: a JSON content type even when the body has no bytes."""
    headers = person.headers | {"content-type": "application/json"}
    answer = person.client.post(f"/cloud/{path}", headers=headers, content=body or b"")
    return answer.status_code, answer.json()


def done(person: Person, path: str, **body: object) -> dict[str, Any]:
    status, shown = rpc(person, path, json.dumps(body).encode())
    assert status == 200, shown
    return shown


@pytest.fixture
def ada(signed_up: SignedUp, node: Node) -> Person:
    assert node
    return signed_up("ada")


def test_the_three_calls_of_env_configure(ada: Person, node: Node) -> None:
    account = ada.account("demo")
    made = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()
    key = ada.post(
        f"/accounts/{account}/environments/{made['environmentId']}/api-keys", {"description": "d", "role": "full"}
    ).json()
    node.does_what_it_should()
    assert rpc(ada, "ListAccounts") == (200, {"accounts": [{"accountId": account, "name": "demo"}]})
    listed = {"environmentId": made["environmentId"], "name": "dev", "region": "local"}
    assert rpc(ada, f"{account}/ListEnvironments") == (200, {"environments": [listed]})
    status, shown = rpc(
        ada, f"{account}/DescribeEnvironment", b'{"environmentId":"%s"}' % made["environmentId"].encode()
    )
    assert status == 200
    assert shown.keys() >= REQUIRED_BY_ANY_VERSION
    assert shown["status"] == "ACTIVE"
    assert shown["apiKeys"] == [{"keyId": key["keyId"], "environmentId": made["environmentId"]}]
    assert shown["ingressBaseUrl"] == made["ingressBaseUrl"]


def test_a_deleted_environment_is_not_offered(ada: Person) -> None:
    account = ada.account()
    env = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    ada.delete(f"/accounts/{account}/environments/{env}")
    assert rpc(ada, f"{account}/ListEnvironments") == (200, {"environments": []})


def test_strangers_and_anonymous_callers_learn_nothing(ada: Person, signed_up: SignedUp, client: TestClient) -> None:
    account = ada.account()
    env = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    eve = signed_up("eve")
    assert rpc(eve, "ListAccounts") == (200, {"accounts": []})
    assert rpc(eve, f"{account}/ListEnvironments")[0] == 404
    assert rpc(eve, f"{account}/DescribeEnvironment", b'{"environmentId":"%s"}' % env.encode())[0] == 404
    refused = client.post("/cloud/ListAccounts")
    assert refused.status_code == 401
    assert refused.json()["message"]


def test_accounts(ada: Person) -> None:
    me = ada.get("/auth/me").json()["user"]
    assert rpc(ada, "GetUserIdentity") == (200, {"userId": me["userId"], "email": ada.email})
    made = done(ada, "CreateAccount", name="demo")
    assert made == {"accountId": made["accountId"], "name": "demo"}
    assert done(ada, "UpdateAccount", accountId=made["accountId"], name="renamed") == made | {"name": "renamed"}
    assert done(ada, "UpdateAccount", accountId=made["accountId"])["name"] == "renamed"
    assert rpc(ada, "ListAccounts")[1]["accounts"] == [made | {"name": "renamed"}]


def test_an_environments_life(ada: Person) -> None:
    account = ada.account()
    made = done(ada, f"{account}/CreateEnvironment", name="dev")
    assert made == {"environmentId": made["environmentId"], "name": "dev", "region": "local"}
    environment = {"environmentId": made["environmentId"]}
    assert done(ada, f"{account}/DestroyEnvironment", **environment) == {"result": {"ok": True}}
    assert rpc(ada, f"{account}/ListEnvironments")[1] == {"environments": []}
    shown = ada.get(f"/accounts/{account}/environments/{made['environmentId']}").json()
    assert (shown["status"], shown["statusReason"]) == ("DELETED", "Its data and keys are being destroyed.")


@pytest.mark.parametrize(
    ("role", "role_id"),
    [
        ("rst:role::FullAccess", "rst:role::FullAccess"),
        ("ingress", "rst:role::IngressAccess"),
        ("rst:role::AdminAccess", "rst:role::AdminAccess"),
        ("rst:role::CompleteAwakeableAccess", "rst:role::CompleteAwakeableAccess"),
    ],
)
def test_an_api_keys_life(ada: Person, role: str, role_id: str) -> None:
    account = ada.account()
    environment = {"environmentId": done(ada, f"{account}/CreateEnvironment", name="dev")["environmentId"]}
    made = done(ada, f"{account}/CreateApiKey", **environment, roleId=role, description="ci")
    secret = made.pop("apiKey")
    assert secret.startswith(f"{made['keyId']}.")
    assert made == environment | {
        "keyId": made["keyId"], "accountId": account, "roleId": role_id, "state": "ACTIVE", "description": "ci"
    }  # fmt: skip
    key = environment | {"keyId": made["keyId"]}
    assert done(ada, f"{account}/ListApiKeys", **environment) == {"apiKeys": [key]}
    assert done(ada, f"{account}/DescribeApiKey", **key) == made
    assert done(ada, f"{account}/DeleteApiKey", **key) == {"result": {"ok": True}}
    assert rpc(ada, f"{account}/DescribeApiKey", json.dumps(key).encode())[0] == 404
    assert done(ada, f"{account}/ListApiKeys", **environment) == {"apiKeys": []}


def test_logs_in_a_window_of_any_unit(ada: Person, node: Node) -> None:
    account = ada.account()
    environment = {"environmentId": done(ada, f"{account}/CreateEnvironment", name="dev")["environmentId"]}
    first = datetime.fromisoformat("2026-01-01T00:00:00.123456+00:00")
    lines = [
        {"sequence": number, "at": (first + timedelta(minutes=number)).isoformat(), "level": "INFO", "source": "engine",
         "line": f"line {number}"}
        for number in range(1, 4)
    ]  # fmt: skip
    sent = node.call("POST", "/logs", json={"items": [environment | {"lines": lines}]})
    assert sent.is_success, sent.text
    seconds = int(first.timestamp())
    shown = done(ada, f"{account}/GetEnvironmentLogs", **environment)["lines"]
    assert shown[0] == {"unixNanos": f"{seconds + 60}123456000", "line": "line 1"}
    assert [line["line"] for line in shown] == ["line 1", "line 2", "line 3"]
    for unit in (1, 1000, 1_000_000_000):
        window = {"start": (seconds + 100) * unit, "end": (seconds + 160) * unit}
        assert [
            line["line"] for line in done(ada, f"{account}/GetEnvironmentLogs", **environment, **window)["lines"]
        ] == ["line 2"]


def test_refusals_are_what_the_cli_prints(ada: Person, signed_up: SignedUp) -> None:
    account = ada.account()
    for path, body, status, code in (
        (f"{account}/DescribeEnvironment", b'{"environmentId":"env_x"}', 404, "not_found"),
        (f"{account}/CreateEnvironment", b'{"name":"No Name"}', 422, "invalid_request"),
        (f"{account}/CreateEnvironment", b"{", 400, "malformed_json"),
        ("CreateAccount", b'{"name":"demo","name2":1}', 422, "invalid_request"),
    ):
        found, shown = rpc(ada, path, body)
        assert (found, shown["restate_code"], shown["code"]) == (status, code, code)
        assert shown["message"]
    refused = rpc(signed_up("eve"), "UpdateAccount", json.dumps({"accountId": account, "name": "mine"}).encode())
    assert (refused[0], refused[1]["restate_code"]) == (404, "not_found")
