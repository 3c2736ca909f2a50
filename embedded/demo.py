"""`script/up --demo`: a user, an account, an environment, a key and a service, all through the public API.

What it made is remembered in ``demo.json`` (0600), so that another run finds everything and prints the same lines.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import httpx2
from rich.console import Console

from embedded import probes, sample
from embedded.board import write_json
from embedded.demo_client import Api, call, register, until
from embedded.layout import Layout, Refused

_EMAIL = "demo@example.com"
_ACCOUNT, _ENVIRONMENT = "demo", "dev"
_SECONDS = 60.0


def ensure(layout: Layout, console: Console) -> None:
    """Make what is missing, call the service once, and print how to call it. Raises `Refused`."""
    notes = _read(layout)
    try:
        environment, answer = _make(layout, notes, console)
    except httpx2.HTTPError as error:
        raise Refused(f"The demonstration could not be set up: {error}") from error
    _print(layout, console, notes, environment, answer)


def _make(layout: Layout, notes: dict[str, str], console: Console) -> tuple[dict[str, Any], str]:
    _refuse_busy_port(layout)
    api = Api(layout.console_url)
    notes.setdefault("email", _EMAIL)
    notes.setdefault("password", secrets.token_urlsafe(18))
    write_json(layout.demo, notes)
    api.enter(notes["email"], notes["password"])
    account = f"/accounts/{_account(api)}"
    console.print(f"✓ user {notes['email']}, account {_ACCOUNT}", highlight=False)
    environment = _environment(api, account)
    console.print(f"✓ environment {_ENVIRONMENT} is {environment['status']}", highlight=False)
    key = _key(api, f"{account}/environments/{environment['environmentId']}/api-keys", notes)
    notes["signingPublicKey"] = environment["signingPublicKey"]
    write_json(layout.demo, notes)
    until(lambda: _sample_answers(layout), "waiting for the sample service", _SECONDS)
    register(environment["adminBaseUrl"], key, f"http://127.0.0.1:{layout.ports.sample_service}")
    console.print("✓ sample service is registered", highlight=False)
    return environment, _call(environment["ingressBaseUrl"], key)


def _refuse_busy_port(layout: Layout) -> None:
    port = layout.ports.sample_service
    if probes.port_in_use(port) and not _sample_answers(layout):
        raise Refused(f"Port {port} (the sample service) is in use by another program; see CONTROLPLANE_PORT_BASE.")


def _account(api: Api) -> str:
    return str((_named(api, "/accounts", _ACCOUNT) or api.post("/accounts", {"name": _ACCOUNT}))["accountId"])


def _environment(api: Api, account: str) -> dict[str, Any]:
    path = f"{account}/environments"
    found = _named(api, path, _ENVIRONMENT) or api.post(path, {"name": _ENVIRONMENT})
    own = f"{path}/{found['environmentId']}"
    until(lambda: api.get(own)["status"] == "ACTIVE", f"waiting for environment {_ENVIRONMENT}", _SECONDS)
    return api.get(own)


def _named(api: Api, path: str, name: str) -> dict[str, Any] | None:
    items = api.get(path)["items"]
    return next((one for one in items if one["name"] == name and one.get("status") != "DELETED"), None)


def _key(api: Api, path: str, notes: dict[str, str]) -> str:
    known = {one["keyId"] for one in api.get(path)["items"] if not one.get("revokedAt")}
    if notes.get("keyId") not in known:
        made = api.post(path, {"description": "Demonstration", "role": "full"})
        notes.update(keyId=made["keyId"], apiKey=made["secret"])
    return notes["apiKey"]


def _sample_answers(layout: Layout) -> bool:
    processes = json.loads(layout.status.read_text())["processes"]
    return any(row["name"] == sample.NAME and row["state"] == "ready" for row in processes)


def _call(ingress_url: str, key: str) -> str:
    """The service's answer to a first call with the key."""
    answers: list[str] = []

    def called() -> bool:
        response = call(f"{ingress_url}/Greeter/greet", key, "Ada")
        if response.is_success:
            answers.append(response.text)
        return response.is_success

    until(called, "calling the sample service", _SECONDS)
    return answers[0]


def _print(layout: Layout, console: Console, notes: dict[str, str], environment: dict[str, Any], answer: str) -> None:
    call = f"curl {environment['ingressBaseUrl']}/Greeter/greet -H 'content-type: application/json' -d '\"Ada\"'"
    lines = [
        f"\nIt just answered {answer} through the edge. Call it with the key:",
        f"\n  {call} -H 'authorization: Bearer {notes['apiKey']}'",
        "\nWithout the key the edge refuses the same call (401):",
        f"\n  {call}",
        f"\nThe user's password and the key are in {layout.demo}",
    ]
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _read(layout: Layout) -> dict[str, str]:
    try:
        return dict(json.loads(layout.demo.read_text()))
    except (FileNotFoundError, ValueError):
        return {}
