"""An environment's life and its keys', as users drive it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.support import machine, services
from tests.support.cast import port
from tests.support.plane import Plane
from tests.support.raw import ask
from tests.support.tenants import Environment, Person, create_environment
from tests.support.waiting import until
from tests.system.changes import change, finished, status, view_of, working_key

pytestmark = pytest.mark.system

NAME_RULE = (
    "A name consists of lower-case letters, digits and single hyphens, starts and ends with a letter or digit, "
    "and has at most 39 characters."
)
BAD_NAMES = ["", "-a", "a-", "a--b", "A", "a_b", "a.b", "a" * 40, "ä", "a b", "a\n", "a/b"]


def test_creating_shows_every_step(signed_up: Person) -> None:
    account = signed_up.created("/accounts", name="acme")["accountId"]
    path = f"/accounts/{account}/environments"

    answer = signed_up.call("POST", path, json={"name": "dev"})

    assert answer.status_code == 202
    made = answer.json()
    assert (made["name"], made["accountId"], made["region"], made["status"]) == ("dev", account, "local", "PENDING")
    operation = finished(signed_up, made["operationId"])
    assert (operation["status"], operation["error"]) == ("SUCCEEDED", None)
    assert len(operation["steps"]) > 1
    for step in operation["steps"]:
        assert step["status"] == "SUCCEEDED"
        assert step["startedAt"] <= step["endedAt"]
    shown = signed_up.call("GET", f"{path}/{made['environmentId']}").json()
    assert (shown["status"], shown["statusReason"]) == ("ACTIVE", None)
    assert shown["signingPublicKey"].startswith("publickeyv1_")
    assert signed_up.call("GET", path).json() == {"items": [shown], "next": None}


def test_deleted_and_restored_with_all_data(signed_up: Person, tmp_path: Path) -> None:
    environment = create_environment(signed_up)
    key = working_key(environment)
    service = services.python(tmp_path, [environment.signing_public_key]).start()
    caller = environment.using(key)
    assert caller.register(service.url).status_code == 201
    assert [caller.invoke("/Visitors/ada/arrive") for _ in range(2)] == [1, 2]

    change(environment, "DELETE")

    assert view_of(environment)["status"] == "DELETED"
    until(lambda: caller.post("/Visitors/ada/arrive").status_code == 404)
    assert status(environment, "/version", key) == 404
    taken = signed_up.call("POST", f"/accounts/{environment.account_id}/environments", json={"name": "dev"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert signed_up.call("DELETE", environment.path).status_code == 409
    refused = signed_up.call("POST", f"{environment.path}/api-keys", json={"description": "x", "role": "full"})
    assert (refused.status_code, refused.json()["code"]) == (409, "environment_deleted")

    change(environment, "POST", "/restore")

    until(lambda: caller.post("/Visitors/ada/visits").status_code == 200)
    assert caller.invoke("/Visitors/ada/arrive") == 3
    shown = view_of(environment)
    assert (shown["status"], shown["signingPublicKey"]) == ("ACTIVE", environment.signing_public_key)
    assert shown["ingressBaseUrl"] == environment.ingress_url
    assert signed_up.call("POST", f"{environment.path}/restore").status_code == 409
    service.stop()


def test_purged_for_good(signed_up: Person, plane: Plane) -> None:
    environment = create_environment(signed_up)
    key = working_key(environment)
    directory = plane.home / "engines" / environment.label
    assert directory.is_dir()
    assert len(machine.engines(plane.home, environment.label)) == 1

    change(environment, "DELETE", "?purge=true")

    assert not directory.exists()
    assert machine.engines(plane.home, environment.label) == []
    until(lambda: status(environment, "/version", key) == 401)
    assert signed_up.call("GET", environment.path).status_code == 404
    assert signed_up.call("POST", f"{environment.path}/restore").status_code == 404
    again = signed_up.call("POST", f"/accounts/{environment.account_id}/environments", json={"name": "dev"})
    assert again.status_code == 202
    assert again.json()["environmentId"] != environment.environment_id
    # It may have got the same ports; the old key opens nothing there.
    finished(signed_up, again.json()["operationId"])
    assert ask(port(again.json()["adminBaseUrl"]), "GET", "/version", key).status == 401


def test_deleted_before_it_was_ready(signed_up: Person, plane: Plane) -> None:
    account = signed_up.created("/accounts", name="hasty")["accountId"]
    path = f"/accounts/{account}/environments"
    made = signed_up.created(path, name="dev")

    answer = signed_up.call("DELETE", f"{path}/{made['environmentId']}?purge=true")

    assert answer.status_code == 202
    assert finished(signed_up, answer.json()["operationId"])["status"] == "SUCCEEDED"
    assert finished(signed_up, made["operationId"])["status"] in ("SUCCEEDED", "CANCELLED")
    label = made["environmentId"].removeprefix("env_")
    until(lambda: not machine.engines(plane.home, label) and not (plane.home / "engines" / label).exists())


def test_a_key_is_shown_once_and_refused_after_revocation(signed_up: Person) -> None:
    environment = create_environment(signed_up)
    made = signed_up.created(f"{environment.path}/api-keys", description="ci", role="rst:role::AdminAccess")
    secret = made["secret"]
    assert secret.startswith(f"{made['keyId']}.")
    assert made["role"] == "admin"
    until(lambda: status(environment, "/version", secret) == 200)

    listed = signed_up.call("GET", f"{environment.path}/api-keys")

    assert secret.partition(".")[2] not in listed.text
    (shown,) = listed.json()["items"]
    assert (shown["keyId"], shown["role"], shown["lastFour"]) == (made["keyId"], "admin", secret[-4:])
    until(lambda: signed_up.call("GET", f"{environment.path}/api-keys").json()["items"][0]["lastUsedAt"], 60)
    assert signed_up.call("DELETE", f"{environment.path}/api-keys/{made['keyId']}").status_code == 204
    until(lambda: status(environment, "/version", secret) == 401)
    assert signed_up.call("GET", f"{environment.path}/api-keys").json()["items"] == []
    assert signed_up.call("DELETE", f"{environment.path}/api-keys/{made['keyId']}").status_code == 404


def test_a_key_is_refused_after_its_expiry(signed_up: Person) -> None:
    environment = create_environment(signed_up)
    # Where a machine is so busy that the first is over before the edge knows it, the next one lasts longer.
    at, secret = next(filter(None, map(partial(short_lived, environment), (3, 9, 27))))

    until(lambda: status(environment, "/version", secret) == 401)

    assert datetime.now(UTC) >= at - timedelta(seconds=1)


def short_lived(environment: Environment, seconds: int) -> tuple[datetime, str] | None:
    """When a key ends, and the key, which has worked; none if that was over before it did."""
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    body = {"description": "short", "role": "full", "expiresAt": at.isoformat()}
    made = environment.owner.call("POST", f"{environment.path}/api-keys", json=body).json()
    while datetime.now(UTC) < at:
        if "secret" in made and status(environment, "/version", made["secret"]) == 200:
            return at, made["secret"]
    return None


def test_a_person_who_signed_out_is_refused_at_the_edge_too(signed_up: Person) -> None:
    environment = create_environment(signed_up)
    until(lambda: status(environment, "/version", signed_up.token) == 200)

    assert signed_up.call("POST", "/auth/logout").status_code == 204

    until(lambda: status(environment, "/version", signed_up.token) == 401)
    assert signed_up.call("GET", "/auth/me").status_code == 401


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"description": "x", "role": "root"}, (422, "invalid_request")),
        ({"description": "x", "role": "viewer"}, (422, "invalid_request")),
        ({"description": "x", "role": "rst:role::Nothing"}, (422, "invalid_request")),
        ({"description": "x", "role": "full", "expiresAt": "2020-01-01T00:00:00Z"}, (400, "expiry_in_past")),
        ({"description": "x", "role": "full", "expiresAt": "tomorrow"}, (422, "invalid_request")),
        ({"description": "", "role": "full"}, (422, "invalid_request")),
        ({"description": "x", "role": "full", "secret": "mine"}, (422, "invalid_request")),
        ({}, (422, "invalid_request")),
        ([], (422, "invalid_request")),
    ],
)
def test_a_wrong_key_is_not_made(body: Any, wanted: tuple[int, str], keyless: Environment) -> None:
    answer = keyless.owner.call("POST", f"{keyless.path}/api-keys", json=body)

    assert (answer.status_code, answer.json()["code"]) == wanted
    assert keyless.owner.call("GET", f"{keyless.path}/api-keys").json()["items"] == []


@pytest.fixture(scope="module")
def keyless(plane: Plane) -> Environment:
    from tests.support.tenants import sign_up  # noqa: PLC0415

    return create_environment(sign_up(plane.api_url))


@pytest.mark.parametrize("name", BAD_NAMES)
def test_the_rule_for_names_is_the_same_everywhere(name: str, keyless: Environment) -> None:
    for path in ("/accounts", f"/accounts/{keyless.account_id}/environments"):
        answer = keyless.owner.call("POST", path, json={"name": name})

        assert answer.status_code == 422
        assert NAME_RULE in answer.json()["message"]


def test_names_are_taken_once(signed_up: Person) -> None:
    environment = create_environment(signed_up)

    for path, name in (
        ("/accounts", environment.account_name),
        (f"/accounts/{environment.account_id}/environments", "dev"),
    ):
        answer = signed_up.call("POST", path, json={"name": name})
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_a_creation_that_is_repeated_happens_once(signed_up: Person) -> None:
    account = signed_up.created("/accounts", name=f"a{uuid4().hex[:12]}")["accountId"]
    url = f"{signed_up.api_url}/api/v1/accounts/{account}/environments"
    headers = {"authorization": f"Bearer {signed_up.token}", "idempotency-key": uuid4().hex}

    first, second = (httpx2.post(url, json={"name": "dev"}, headers=headers, timeout=60) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    other = httpx2.post(url, json={"name": "prod"}, headers=headers, timeout=60)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_an_unknown_region_is_named(keyless: Environment) -> None:
    path = f"/accounts/{keyless.account_id}/environments"

    answer = keyless.owner.call("POST", path, json={"name": "far", "region": "mars"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_region")


@pytest.mark.parametrize(
    ("content", "content_type", "wanted"),
    [
        (b'{"name": ', "application/json", 400),
        (b'{"name": "x"} trailing', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'["name"]', "application/json", 422),
        (b'{"name": 5}', "application/json", 422),
        (b'{"name": null}', "application/json", 422),
        (b'{"name": "x", "extra": 1}', "application/json", 422),
        (b'{"name": "a\\u0000"}', "application/json", 422),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b'{"name": "x"}', "text/plain", 415),
        (b'{"name": "' + b"x" * 2_000_000 + b'"}', "application/json", 413),
        (b"[" * 200_000, "application/json", 400),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_body_that_cannot_be_read_makes_nothing(
    content: bytes, content_type: str, wanted: int, keyless: Environment
) -> None:
    path = f"/accounts/{keyless.account_id}/environments"
    url = f"{keyless.owner.api_url}/api/v1{path}"
    headers = {"authorization": f"Bearer {keyless.owner.token}", "content-type": content_type}

    answer = httpx2.post(url, content=content, headers=headers, timeout=30)

    assert answer.status_code == wanted
    assert answer.json()["code"]
    assert answer.headers["x-request-id"]
    assert len(keyless.owner.call("GET", path).json()["items"]) == 1
