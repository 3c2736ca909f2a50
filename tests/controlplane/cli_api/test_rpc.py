"""The RPC of the stock CLI: exactly what each version requires, for the caller's own accounts."""

import pytest
from starlette.testclient import TestClient

from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

REQUIRED_BY_ANY_VERSION = {
    "environmentId", "name", "signingPublicKey", "ingressBaseUrl", "adminBaseUrl", "proxyBaseUrl",
    "region", "status", "tunnelBaseUrl", "apiKeys", "tunnelSrv",
}  # fmt: skip


def rpc(person: Person, path: str, body: bytes | None = None) -> tuple[int, dict[str, object]]:
    """As the CLI sends it: a JSON content type even when the body has no bytes."""
    headers = person.headers | {"content-type": "application/json"}
    answer = person.client.post(f"/cloud/{path}", headers=headers, content=body or b"")
    return answer.status_code, answer.json()


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
