"""Everybody else who may knock: programs, CI jobs, restricted keys, and credentials that are over or not yet whole."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx2
import pyotp

from embedded.layout import Layout
from embedded.surroundings import for_processes
from tests.support.cast import CHECKOUT, KEY_ROLES, MEMBER_ROLES, Cast, enrol, port
from tests.support.raw import ask
from tests.support.tenants import PASSWORD, Person, sign_up
from tests.support.waiting import until

PROGRAMS = tuple(f"{role} program" for role in MEMBER_ROLES)
WORKLOADS = tuple(f"{role} workload" for role in (*KEY_ROLES, "developer", "viewer"))
SERVICE, HANDLER = "greeter", "greet"
CLIENT = {"client_id": "restate-cli"}
# Role and restrictions of API keys.
RESTRICTED: dict[str, tuple[str, dict[str, Any]]] = {
    "full key that only reads": ("full", {"readOnly": True}),
    "admin key that only reads": ("admin", {"readOnly": True}),
    "ingress key that only reads": ("ingress", {"readOnly": True}),
    "key of one service": ("full", {"services": [SERVICE]}),
    "key of one handler": ("full", {"handlers": [f"{SERVICE}/*/{HANDLER}"]}),
    "key of some objects": ("full", {"objectKeys": ["mine-*"]}),
    "key of GET": ("full", {"methods": ["GET"]}),
    "key of elsewhere": ("full", {"networks": ["203.0.113.0/24"]}),
}
# Nobody's: they open nothing, anywhere.
ENDED = (
    "expired key",
    "revoked key",
    "expired member",
    "signed-out member",
    "expired program",
    "revoked program",
    "expired workload",
    "returned workload",
    "workload without its rule",
    "member before the second factor",
)
CROWD = (*PROGRAMS, *WORKLOADS, *RESTRICTED, *ENDED)
# Browsers in the engine's own UI; owners and admins are there what developers are.
BROWSERS = ("developer browser", "viewer browser")


def gather(cast: Cast, layout: Layout) -> dict[str, str]:
    """Bearer tokens of the `CROWD`, at the cast's own environment; returns when the edge knows them."""
    tokens = {f"{role} program": admitted(person) for role, person in cast.people.items()}
    tokens |= _granted(layout, cast)
    path = f"{cast.own.path}/api-keys"
    for name, (role, restrictions) in RESTRICTED.items():
        made = cast.own.owner.created(path, description=name, role=role, restrictions=restrictions)
        tokens[name] = made["secret"]
    tokens |= _ended(cast, tokens) | {"member before the second factor": _pending(cast, layout)}
    assert set(tokens) == set(CROWD)
    for name, token in tokens.items():
        until(lambda token=token, ended=name in ENDED: _is_refused(cast, token) == ended)  # type: ignore[misc]
    return tokens


def browsers(cast: Cast) -> dict[str, str]:
    """The cookie of each of `BROWSERS`, as a browser sends it to the cast's own environment."""
    return {name: _let_in(cast, cast.people[name.partition(" ")[0]]) for name in BROWSERS}


def _let_in(cast: Cast, person: Person) -> str:
    answer = httpx2.get(person.created(f"{cast.own.path}/ui-sessions")["url"], timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.headers["set-cookie"].partition(";")[0]


def admitted(person: Person) -> str:
    """The access token of a program that the person lets in (RFC 8628), as the stock CLI."""
    asked = httpx2.post(f"{person.api_url}/oauth2/device_authorization", data=CLIENT, timeout=60).json()
    person.created(f"/auth/device/{asked['user_code']}", decision="approve")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": asked["device_code"]}
    answer = httpx2.post(f"{person.api_url}/oauth2/token", data=CLIENT | grant, timeout=60)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def _granted(layout: Layout, cast: Cast) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.support.granting", cast.own.environment_id, cast.own.owner.token]
    env = for_processes(layout, {})
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stderr
    granted: dict[str, str] = json.loads(done.stdout)
    return granted


def _ended(cast: Cast, tokens: dict[str, str]) -> dict[str, str]:
    """Good ones, given back; the edge knew them first."""
    owner = cast.own.owner
    key = owner.created(f"{cast.own.path}/api-keys", description="revoked", role="full")
    signed_in, program, workload = owner.again(), admitted(owner), tokens["returned workload"]
    for token in (key["secret"], signed_in.token, program, workload):
        until(lambda token=token: not _is_refused(cast, token))  # type: ignore[misc]
    assert owner.call("DELETE", f"{cast.own.path}/api-keys/{key['keyId']}").status_code == 204
    assert signed_in.call("POST", "/auth/logout").status_code == 204
    for token in (program, workload):
        given_back = httpx2.post(f"{owner.api_url}/oauth2/revoke", data=CLIENT | {"token": token}, timeout=60)
        assert given_back.status_code == 200, given_back.text
    return {"revoked key": key["secret"], "signed-out member": signed_in.token, "revoked program": program}


def _pending(cast: Cast, layout: Layout) -> str:
    """What an admin gets for a right password while the code is not given yet."""
    person = sign_up(cast.own.owner.api_url)
    enrol(layout, cast.own.account_id, {person.email: "admin"})
    secret = person.created("/auth/totp")["secret"]
    assert person.call("POST", "/auth/totp/confirm", json={"code": pyotp.TOTP(secret).now()}).is_success
    credentials = {"email": person.email, "password": PASSWORD}
    answer = httpx2.post(f"{person.api_url}/api/v1/auth/login", json=credentials, timeout=60).json()
    challenge: str = answer["details"]["challenge"]
    return challenge


def _is_refused(cast: Cast, token: str) -> bool:
    return ask(port(cast.own.admin_url), "GET", "/version", token).status == 401
