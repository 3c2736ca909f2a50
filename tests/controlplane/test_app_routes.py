"""Every route there is: who may call it, and that nobody else can. Generated from the application itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from controlplane.app import CLI, OPEN_PATHS, SIGNED_IN, create_app
from controlplane.auth import Permission, Role, require
from controlplane.auth.permissions import ROLES
from controlplane.auth.require import _caller
from tests.controlplane.people import API, Person, SignedUp

# Who they show something to is decided in the query: it begins at the caller's accounts.
WITHOUT_PERMISSION = {
    "logOut",
    "getMe",
    "changeMe",
    "changePassword",
    "listSessions",
    "endSession",
    "endOtherSessions",
    "getSecondFactors",
    "startTotp",
    "confirmTotp",
    "removeTotp",
    "renewRecoveryCodes",
    "startPasskey",
    "addPasskey",
    "renamePasskey",
    "removePasskey",
    "listMail",
    "listAccounts",
    "createAccount",
    "listMyInvitations",
    "acceptInvitation",
    "declineInvitation",
    "listIdentities",
    "deleteIdentity",
    "listJoinableAccounts",
    "joinAccount",
    "listAllEnvironments",
    "listRegions",
    "listRunners",
    "updateRunner",
    "createSsoProvider",
    "listSsoProviders",
    "changeSsoProvider",
    "deleteSsoProvider",
    "getOperation",
    "getDeviceRequest",
    "decideDeviceRequest",
    "checkAuthorization",
    "decideAuthorization",
    "cliListAccounts",
    "cliGetUserIdentity",
    "cliCreateAccount",
    "cliUpdateAccount",
}
OPEN_PAGES = {"/", "/login", "/signup", "/api/docs", "/api/v1/openapi.json"}


class Operation(NamedTuple):
    method: str
    path: str
    name: str
    is_open: bool

    def call(self, client: TestClient, account_id: str = "acc_x", **options: Any) -> tuple[int, str]:
        """Status and code; identifiers of the path are invented, the body is wrong."""
        path = re.sub(r"\{\w+\}", "nothing", self.path.replace("{accountId}", account_id))
        body = {"nonsense": True} if self.method == "POST" else None
        answer = client.request(self.method, path, json=body, **options)
        is_document = answer.headers.get("content-type", "").startswith("application/json")
        return answer.status_code, answer.json().get("code", "") if is_document and answer.content else ""


def operations() -> Iterator[Operation]:
    for path, methods in create_app().openapi()["paths"].items():
        for method, operation in methods.items():
            yield Operation(method.upper(), path, operation["operationId"], operation.get("security") == [])


def api_routes() -> dict[str, APIRoute]:
    routers = (*SIGNED_IN, *CLI)
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    return {route.operation_id or route.name: route for route in routes}


def dependencies(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from dependencies(inner)


def permission_of(route: APIRoute) -> Permission | None:
    found = [getattr(call, "permission", None) for call in dependencies(route.dependant)]
    return next((permission for permission in found if permission is not None), None)


OPERATIONS = list(operations())
CLOSED = [operation for operation in OPERATIONS if not operation.is_open]
# Who joins is no member yet: the domain of their address decides.
IN_ACCOUNTS = [operation for operation in CLOSED if "{accountId}" in operation.path and operation.name != "joinAccount"]
ROUTES = api_routes()


def ids(operation: object) -> str:
    return operation.name if isinstance(operation, Operation) else str(operation)


def test_there_are_routes_to_test() -> None:
    assert len(CLOSED) >= 15
    assert {operation.path for operation in OPERATIONS if operation.is_open} == set(OPEN_PATHS)
    assert set(ROUTES) == {operation.name for operation in CLOSED}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z]+", name) for name in names)


@pytest.mark.parametrize("name", ROUTES)
def test_every_route_checks_a_permission_or_is_on_the_list(name: str) -> None:
    assert _caller in set(dependencies(ROUTES[name].dependant))
    assert (permission_of(ROUTES[name]) is None) == (name in WITHOUT_PERMISSION)


def test_the_walk_would_notice() -> None:
    app = FastAPI()

    @app.get("/{account_id}")
    def unguarded(account_id: str) -> str:
        return account_id

    route = next(route for route in app.routes if getattr(route, "name", "") == "unguarded")
    assert isinstance(route, APIRoute)
    assert permission_of(route) is None
    assert _caller not in set(dependencies(route.dependant))
    assert require(Permission.AUDIT_READ).permission is Permission.AUDIT_READ  # type: ignore[attr-defined]


@pytest.mark.parametrize("operation", CLOSED, ids=ids)
def test_anonymous_callers_are_refused(client: TestClient, operation: Operation) -> None:
    assert operation.call(client) == (401, "unauthenticated")


@pytest.mark.parametrize("operation", CLOSED, ids=ids)
def test_api_keys_and_wrong_tokens_are_refused(client: TestClient, operation: Operation) -> None:
    for token in ("key_01k9e3x0hq7m2c4b6d8f0g2j4k6.secret", "a.b.c"):
        assert operation.call(client, headers={"authorization": f"Bearer {token}"}) == (401, "invalid_token")


@pytest.mark.parametrize("operation", IN_ACCOUNTS, ids=ids)
def test_members_of_other_accounts_find_nothing(signed_up: SignedUp, client: TestClient, operation: Operation) -> None:
    account_id, eve = signed_up("ada").account(), signed_up("eve")
    eve.account()
    assert operation.call(client, account_id, headers=eve.headers) == (404, "not_found")


@pytest.mark.parametrize("operation", IN_ACCOUNTS, ids=ids)
@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_table_says(
    signed_up: SignedUp, client: TestClient, operation: Operation, role: Role
) -> None:
    account_id = signed_up("ada").account()
    person: Person = signed_up("bob").joins(account_id, role)
    status, code = operation.call(client, account_id, headers=person.headers)
    permitted = permission_of(ROUTES[operation.name]) in ROLES[role]
    assert ((status, code) == (403, "permission_denied")) != permitted
    assert status in ({200, 204, 404, 422} if permitted else {403})


@pytest.mark.parametrize("operation", OPERATIONS, ids=ids)
def test_every_operation_is_documented(app: FastAPI, operation: Operation) -> None:
    document = app.openapi()["paths"][operation.path][operation.method.lower()]
    assert " " in document["summary"]
    assert document["description"].endswith(".")
    statuses = set(document["responses"])
    assert any(status.startswith("2") for status in statuses)
    assert operation.is_open or {"401", "403", "404", "422", "500", "503"} <= statuses
    if "requestBody" in document:
        schema = document["requestBody"]["content"]["application/json"]["schema"]
        shape = app.openapi()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert shape.get("examples") or all(
            part.get("examples") or part.get("example") for part in shape["properties"].values()
        )


def test_refusals_have_one_documented_shape(app: FastAPI) -> None:
    for operation in CLOSED:
        document = app.openapi()["paths"][operation.path][operation.method.lower()]
        for status, answer in document["responses"].items():
            if not status.startswith("2"):
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}


def test_idempotency_is_documented_where_it_is_offered(app: FastAPI) -> None:
    for methods in app.openapi()["paths"].values():
        for document in methods.values():
            offered = any(parameter["name"] == "idempotency-key" for parameter in document.get("parameters", []))
            said = document["responses"].get("409", {"description": ""})["description"]
            assert said.count("idempotency_key_reused") == (1 if offered else 0)


@pytest.mark.parametrize("path", ["/operations/op_%00", "/accounts/%00", "/accounts/..%2f..", "/operations/%ff%fe"])
def test_strange_paths_are_refused(signed_up: SignedUp, path: str) -> None:
    assert signed_up().get(path).status_code in {404, 422}


@pytest.mark.parametrize("path", sorted(OPEN_PAGES))
def test_pages_are_open(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/docs", "/redoc", "/openapi.json", "/internal/v1/specs", "/api/v1", "/api/v1/accounts/"]
)
def test_nothing_else_answers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/openapi.json", f"{API}/accounts", "/nowhere"])
def test_head_is_get_without_its_body(
    signed_up: SignedUp, client: TestClient, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    headers = signed_up().headers
    got, head = client.get(path, headers=headers), client.head(path, headers=headers)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length", "content-security-policy"):
        assert head.headers[name] == got.headers[name]
    # A page asks the API in its visitor's name: those are lines of their own.
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    of_get, of_head = [line for line in lines if line.get("path") == path][-2:]
    assert (of_get["method"], of_head["method"]) == ("GET", "HEAD")
    assert of_head["route"] == of_get["route"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", f"{API}/accounts", "HEAD, GET, POST"),
        ("HEAD", f"{API}/auth/login", "POST"),
        ("POST", f"{API}/accounts/a/environments/e", "HEAD, DELETE, GET, PATCH"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(client: TestClient, method: str, path: str, allowed: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


def test_what_is_sent_is_closed_and_what_is_answered_may_grow(app: FastAPI) -> None:
    document = app.openapi()
    schemas = document["components"]["schemas"]
    closed = {name for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    operations = (operation for methods in document["paths"].values() for operation in methods.values())
    bodies = (operation["requestBody"]["content"] for operation in operations if "requestBody" in operation)
    sent = {body["application/json"]["schema"]["$ref"].rpartition("/")[2] for body in bodies}
    # An authorization request may hold parameters nobody here knows (RFC 6749 §3.1).
    assert closed == sent - {"AuthorizationQuery", "AuthorizationDecision"}
    assert {"NewUser", "Credentials", "NewApiKey"} <= closed


@pytest.mark.parametrize(
    ("schema", "field", "value"),
    [("EnvironmentView", "status", "PENDING"), ("OperationView", "status", "RUNNING"), ("MemberView", "role", "owner")],
)
def test_a_fixed_set_of_words_is_an_enumeration(app: FastAPI, schema: str, field: str, value: str) -> None:
    schemas = app.openapi()["components"]["schemas"]
    assert value in schemas[schemas[schema]["properties"][field]["$ref"].rpartition("/")[2]]["enum"]


def test_an_endpoints_own_refusals_do_not_hide_everyones(app: FastAPI) -> None:
    responses = app.openapi()["paths"]["/api/v1/accounts/{accountId}/environments"]["post"]["responses"]
    for code in ("malformed_json", "unknown_region"):
        assert code in responses["400"]["description"]
    for code in ("busy", "no_capacity"):
        assert code in responses["503"]["description"]
