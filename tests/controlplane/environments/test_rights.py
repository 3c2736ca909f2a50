"""Who may do what to an environment: strangers learn nothing, each role may what the table says."""

import pytest
from starlette.testclient import TestClient

from controlplane.auth import Permission, Role
from controlplane.auth.permissions import ROLES
from tests.controlplane.node import Node
from tests.controlplane.people import API, SignedUp

CALLS = [
    ("GET", "", Permission.ENVIRONMENT_READ),
    ("GET", "/{env}", Permission.ENVIRONMENT_READ),
    ("GET", "?name=dev", Permission.ENVIRONMENT_READ),
    ("GET", "/{env}/operations", Permission.ENVIRONMENT_READ),
    ("POST", "", Permission.ENVIRONMENT_CREATE),
    ("DELETE", "/{env}", Permission.ENVIRONMENT_DELETE),
    ("DELETE", "/{env}?purge=true", Permission.ENVIRONMENT_PURGE),
    ("POST", "/{env}/restore", Permission.ENVIRONMENT_DELETE),
    ("POST", "/{env}/pause", Permission.ENVIRONMENT_UPDATE),
    ("POST", "/{env}/wake", Permission.ENVIRONMENT_UPDATE),
    ("GET", "/{env}/versions", Permission.ENVIRONMENT_READ),
    ("POST", "/{env}/upgrade", Permission.ENVIRONMENT_UPDATE),
    ("GET", "/{env}/api-keys", Permission.API_KEY_READ),
    ("POST", "/{env}/api-keys", Permission.API_KEY_CREATE),
    ("DELETE", "/{env}/api-keys/key_0", Permission.API_KEY_REVOKE),
]
BODIES = {
    "": {"name": "other"},
    "/{env}/upgrade": {"version": "1.7.12"},
    "/{env}/api-keys": {"description": "d", "role": "full"},
}


@pytest.mark.parametrize(("method", "path", "permission"), CALLS)
def test_every_principal_on_every_call(
    client: TestClient, signed_up: SignedUp, node: Node, method: str, path: str, permission: Permission
) -> None:
    owner = signed_up("ada")
    account = owner.account()
    environments = f"/accounts/{account}/environments"
    env = owner.post(environments, {"name": "dev"}).json()["environmentId"]
    node.does_what_it_should()
    target = environments + path.format(env=env)
    body = BODIES.get(path) if method == "POST" else None

    assert client.request(method, API + target, json=body).status_code == 401
    stranger = signed_up("eve")
    stranger.account("own")
    refused = stranger.call(method, target, json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    for role in (Role.VIEWER, Role.DEVELOPER, Role.ADMIN, Role.OWNER):
        answer = signed_up(role.value).joins(account, role).call(method, target, json=body)
        if permission in ROLES[role]:
            assert answer.status_code not in (401, 403), f"{role}: {answer.text}"
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_an_environment_is_not_reachable_through_another_account_of_the_same_person(
    signed_up: SignedUp, node: Node
) -> None:
    assert node
    ada = signed_up()
    first, second = ada.account("first"), ada.account("second")
    env = ada.post(f"/accounts/{first}/environments", {"name": "dev"}).json()["environmentId"]
    assert ada.get(f"/accounts/{second}/environments/{env}").status_code == 404
    assert ada.get(f"/accounts/{second}/environments/{env}/operations").status_code == 404
    assert ada.get(f"/accounts/{second}/environments?name=dev").json()["items"] == []


def test_an_operation_of_another_account_does_not_exist(signed_up: SignedUp, node: Node) -> None:
    assert node
    ada = signed_up("ada")
    made = ada.post(f"/accounts/{ada.account()}/environments", {"name": "dev"}).json()
    assert signed_up("eve").get(f"/operations/{made['operationId']}").status_code == 404
