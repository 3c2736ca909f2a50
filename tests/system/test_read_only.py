"""A read-only environment, and who may only look: the CLI changes nothing, and no answer tells a header's value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from embedded.layout import locate
from tests.support import services
from tests.support.cast import enrol, port
from tests.support.cli import VERSIONS, Cli
from tests.support.plane import Plane
from tests.support.raw import ask
from tests.support.tenants import Caller, Environment, create_environment, sign_up
from tests.support.waiting import until
from tests.system import rules_engine as rules

pytestmark = pytest.mark.system

SECRET = "Bearer topsecret"
# The CLI looks at no answer of theirs, and takes them for done.
UNSEEN = "invocations"


@dataclass(frozen=True)
class Frozen:
    """Read-only, with a deployment that is sent a secret header, an invocation under way and some state."""

    home: Environment
    owner: Caller
    url: str
    invocation: str
    deployment: str

    def done(self) -> tuple[object, ...]:
        """All that the commands below would change."""
        # One that waits is suspended some time later, whatever anybody does.
        invocations = "select id, status = 'completed' as over from sys_invocation order by id"
        rows = self.owner.sql(invocations) + self.owner.sql("select value_utf8 from state")
        deployments = self.owner.admin("GET", "/deployments").json()["deployments"]
        service = self.owner.admin("GET", "/services/greeter").json()
        return rows, [one["id"] for one in deployments], service["revision"], service["public"]


@pytest.fixture(scope="module")
def frozen(plane: Plane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Frozen]:
    home = create_environment(sign_up(plane.api_url))
    owner = home.using(home.owner.token)
    with services.typescript(tmp_path_factory.mktemp("typescript"), [home.signing_public_key]) as service:
        body = {"uri": service.url, "additional_headers": {"authorization": SECRET}}
        made = owner.admin("POST", "/deployments", json=body)
        assert made.status_code == 201, made.text
        owner.invoke("/greeter/ada/greet", "hello")
        invocation = owner.send("/trip/book/send", {"customer": uuid4().hex, "hoursToDecide": 1})
        until(lambda: owner.status_of(invocation) in ("running", "suspended"))
        assert home.owner.call("PATCH", home.path, json={"readOnly": True}).status_code == 200
        until(lambda: owner.admin("DELETE", "/deployments/dp_nothing").status_code == 403)
        yield Frozen(home, owner, service.url, invocation, made.json()["id"])


@pytest.fixture(params=VERSIONS)
def cli(request: pytest.FixtureRequest, frozen: Frozen, tmp_path: Path) -> Cli:
    """An owner's, with an editor that changes what it is given."""
    editor = tmp_path / "editor"
    changed = r"s/: .*[0-9].*/: 7/; s/^# *public = true/public = false/"
    editor.write_text(f"#!/bin/sh\nexec sed -i '{changed}' \"$1\"\n")
    editor.chmod(0o755)
    home = frozen.home
    urls = {"RESTATE_INGRESS_URL": home.ingress_url, "RESTATE_ADMIN_URL": home.admin_url}
    settings = urls | {"RESTATE_AUTH_TOKEN": home.owner.token, "EDITOR": str(editor), "VISUAL": str(editor)}
    return Cli(request.param, tmp_path, settings)


def test_the_stock_cli_changes_nothing_and_says_why(cli: Cli, frozen: Frozen) -> None:
    before = frozen.done()
    for command in (
        ("invocations cancel", frozen.invocation), ("invocations kill", frozen.invocation),
        ("state edit", "greeter", "ada"), ("state clear", "greeter"), ("deployments register", frozen.url),
        ("services config edit", "greeter"), ("services config patch", "greeter", "--public", "false"),
        ("deployments remove", "--force", frozen.deployment),
    ):  # fmt: skip
        status, said = cli.attempt(*command[0].split(), "--yes", *command[1:])
        if not command[0].startswith(UNSEEN):
            assert (status, "403 " in said) == (1, True), f"{command}: {said}"
            assert rules.READ_ONLY in said, f"{command}: {said}"
            assert f"rcloud env read-only {frozen.home.environment_id} off" in said
    assert frozen.done() == before


def test_the_stock_cli_goes_on_reading(cli: Cli, frozen: Frozen) -> None:
    for command, shown in (
        ("invocations list", frozen.invocation), (f"invocations describe {frozen.invocation}", "trip"),
        ("state get greeter ada", "count"), ("deployments list", frozen.url), ("services list", "greeter"),
        (f"deployments describe {frozen.deployment}", "greeter"), ("services config view greeter", "Public"),
        ("services status", "trip"), ("whoami", "is healthy!"),
    ):  # fmt: skip
        assert shown in cli.run(*command.split()), command
    assert "1 rows" in cli.run("sql", "select count(*) from sys_invocation")


@pytest.fixture(scope="module")
def lookers(frozen: Frozen, plane: Plane) -> dict[str, str]:
    """Tokens of those who may only look."""
    viewer, path = sign_up(plane.api_url), f"{frozen.home.path}/api-keys"
    enrol(locate(plane.env), frozen.home.account_id, {viewer.email: "viewer"})
    tokens = {"viewer": viewer.token}
    for role in ("full", "admin"):
        made = frozen.home.owner.created(path, description="x", role=role, restrictions={"readOnly": True})
        tokens[f"{role} key"] = made["secret"]
    for token in tokens.values():
        until(lambda token=token: frozen.home.using(token).admin("GET", "/version").status_code == 200)  # type: ignore[misc]
    return tokens


@pytest.mark.parametrize("who", ["viewer", "full key", "admin key"])
def test_no_answer_tells_a_headers_value(who: str, frozen: Frozen, lookers: dict[str, str]) -> None:
    names = {"{deployment}": frozen.deployment, "{service}": "greeter", "{handler}": "greet"}
    shown, where = {}, port(frozen.home.admin_url)
    for route, effect in rules.ALL.items():
        method, path = route.split(" ")
        for name, value in names.items():
            path = path.replace(name, value)
        if effect == rules.LOOKS and method == "GET":
            for target in (path, f"/v2{path}", f"/v4{path}"):
                shown[target] = ask(where, "GET", target, lookers[who])
    assert [path for path, answer in shown.items() if b"topsecret" in answer.body] == []
    assert {shown[path].status for path in ("/deployments", f"/v4/deployments/{frozen.deployment}", "/health")} == {200}
    assert b'"additional_headers":{"authorization":"***"}' in shown["/deployments"].body
    owners = ask(where, "GET", "/deployments", frozen.home.owner.token)
    assert SECRET.encode() in owners.body


def test_no_table_tells_a_headers_value(frozen: Frozen, lookers: dict[str, str]) -> None:
    """SQL streams past the masking: nothing there may need it, whoever asks."""
    tables = frozen.owner.sql("select table_schema as schema, table_name as name from information_schema.tables")
    names = {f'"{one["schema"]}"."{one["name"]}"' for one in tables}
    assert len(names) > 10
    asked = [json.dumps({"query": f"SELECT * FROM {name}"}).encode() for name in sorted(names)]
    found = {
        query: ask(port(frozen.home.admin_url), "POST", "/query", token, query, {"content-type": "application/json"})
        for query in asked
        for token in (lookers["viewer"], frozen.home.owner.token)
    }
    assert [query for query, answer in found.items() if b"topsecret" in answer.body] == []
    assert b"greeter" in b"".join(answer.body for answer in found.values())
