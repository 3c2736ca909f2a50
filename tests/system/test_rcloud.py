"""`rcloud` on a real plane: every command in JSON."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pexpect
import pytest

from tests.support.cli import Cli
from tests.support.plane import Plane
from tests.support.rcloud import Done
from tests.support.tenants import Environment, Person, sign_up
from tests.support.waiting import until
from tests.system.rclouds import STOCK, NewRcloud, new_rcloud

pytestmark = pytest.mark.system
__all__ = ["new_rcloud"]


def test_an_environments_life_in_json(new_rcloud: NewRcloud, signed_up: Person) -> None:
    rcloud = new_rcloud(signed_up)

    def documents(*arguments: str) -> Any:
        return rcloud.run(*arguments, "--output", "json").json

    name = f"a{uuid4().hex[:12]}"
    account = documents("accounts", "create", name)
    assert documents("accounts", "list")["items"] == [account]
    made = documents("env", "create", "dev")
    assert (made["status"], made["name"], made["accountId"]) == ("ACTIVE", "dev", account["accountId"])
    operation = documents("operations", "show", str(made["operationId"]))
    assert operation["status"] == "SUCCEEDED"
    [listed] = documents("env", "list")["items"]
    for named in ("dev", f"{name}/dev", f"{account['accountId']}/dev", str(made["environmentId"])):
        assert documents("env", "describe", named) == listed
    assert rcloud.attempt("env", "create", "dev").status == 6
    assert rcloud.attempt("env", "describe", "nothing").status == 5
    assert rcloud.attempt("env", "create", "Not a name").status == 1

    _a_key_of_dev(documents)
    assert documents("env", "pause", "dev", "--yes")["status"] == "SUSPENDED"
    assert documents("env", "describe", "dev")["pausedAt"]
    assert documents("env", "wake", "dev")["status"] == "ACTIVE"
    newer = documents("env", "versions", "dev")["newer"]
    assert documents("env", "upgrade", "dev", newer[-1], "--yes")["engineVersion"] == newer[-1]
    assert rcloud.attempt("env", "upgrade", "dev", str(made["engineVersion"]), "--yes").status == 6
    assert documents("env", "use", "dev")["environmentId"] == made["environmentId"]
    _the_end_of_dev(documents, made["environmentId"])

    assert documents("accounts", "rename", name, f"{name}-x")["name"] == f"{name}-x"
    assert documents("members", "list")["items"][0]["email"] == signed_up.email
    assert documents("open")["url"] == f"{signed_up.api_url}/console/"
    assert documents("invitations", "list")["items"] == []
    until(lambda: rcloud.attempt("accounts", "delete", f"{name}-x", "--yes").status == 0, 60)
    assert documents("accounts", "list")["items"] == []


def _a_key_of_dev(documents: Callable[..., Any]) -> None:
    key = documents("keys", "create", "dev", "--role", "ingress", "--description", "checkout", "--expires-in", "1d")
    assert key["role"] == "ingress"
    assert str(key["secret"]).startswith("key_")
    [shown] = documents("keys", "list", "dev")["items"]
    assert shown["keyId"] == key["keyId"]
    assert documents("keys", "revoke", "dev", "checkout", "--yes")["keyId"] == key["keyId"]
    assert documents("keys", "list", "dev")["items"] == []


def _the_end_of_dev(documents: Callable[..., Any], environment_id: str) -> None:
    """Deleted, restored, and destroyed."""
    assert documents("env", "delete", "dev", "--yes")["environmentId"] == environment_id
    assert documents("env", "list")["items"] == []
    [deleted] = documents("env", "list", "--deleted")["items"]
    assert deleted["status"] == "DELETED"
    assert documents("env", "restore", "dev")["status"] == "ACTIVE"
    assert documents("env", "delete", "dev", "--purge", "--yes", "--no-wait")["operationId"]


def test_two_accounts_and_the_one_that_is_meant(new_rcloud: NewRcloud, signed_up: Person) -> None:
    rcloud = new_rcloud(signed_up)
    one, two = (f"{letter}{uuid4().hex[:12]}" for letter in "ab")
    rcloud.run("accounts", "create", one)
    rcloud.run("accounts", "create", two)
    assert rcloud.attempt("members", "list").status == 2
    rcloud.run("accounts", "use", two)
    assert "default" in rcloud.run("whoami").stdout
    rcloud.run("env", "create", "dev", "--no-wait")
    assert rcloud.run("env", "list", "-o", "json").json["items"][0]["name"] == "dev"
    assert rcloud.run("env", "list", "-o", "json", "--account", one).json["items"] == []
    rcloud.env["RCLOUD_ACCOUNT"] = one
    assert rcloud.run("env", "list", "-o", "json").json["items"] == []
    assert rcloud.run("env", "describe", f"{two}/dev", "-o", "json").json["name"] == "dev"


def test_members_come_and_go(plane: Plane, new_rcloud: NewRcloud) -> None:
    ada, grace = sign_up(plane.api_url), sign_up(plane.api_url)
    hers, his = new_rcloud(ada), new_rcloud(grace)
    account = f"a{uuid4().hex[:12]}"
    hers.run("accounts", "create", account)
    invited = hers.run("members", "invite", grace.email, "--role", "viewer", "-o", "json").json
    assert (invited["email"], invited["role"]) == (grace.email, "viewer")
    [pending] = hers.run("members", "invitations", "-o", "json").json["items"]
    assert pending["status"] == "pending"
    hers.run("members", "resend", grace.email)
    hers.run("members", "revoke-invitation", grace.email)
    assert his.run("invitations", "list", "-o", "json").json["items"] == []

    hers.run("members", "invite", grace.email, "--expires-in-days", "1")
    his.run("invitations", "decline", account)
    hers.run("members", "invite", grace.email)
    assert his.run("invitations", "accept", account, "-o", "json").json["role"] == "developer"
    assert hers.run("members", "set-role", grace.email, "admin", "-o", "json").json["role"] == "admin"
    assert hers.run("accounts", "transfer", account, grace.email, "--yes", "-o", "json").json["role"] == "admin"
    assert hers.attempt("accounts", "delete", account, "--yes").status == 1
    his.run("members", "remove", ada.email, "--yes")
    assert hers.run("accounts", "list", "-o", "json").json["items"] == []
    last = his.attempt("members", "leave", "--yes")
    assert last.status == 6, last
    assert his.attempt("members", "remove", "nobody@example.com", "--yes").status == 5


def test_a_key_for_an_env_file_is_read_by_the_stock_cli(
    new_rcloud: NewRcloud, environment: Callable[..., Environment]
) -> None:
    home = environment()
    rcloud = new_rcloud(home.owner)
    done = rcloud.run("keys", "create", "dev", "--output", "env")
    values = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert values.keys() == {"RESTATE_INGRESS_URL", "RESTATE_ADMIN_URL", "RESTATE_AUTH_TOKEN"}
    assert values["RESTATE_AUTH_TOKEN"] not in done.stderr
    fresh = new_rcloud()
    cli = Cli(STOCK, fresh.home)
    (fresh.home / ".env").write_text(done.stdout)
    until(lambda: "is healthy" in cli.attempt("whoami")[1])
    cli.run("services", "list")
    alone = rcloud.run("keys", "create", "dev", "--quiet")
    assert re.fullmatch(r"key_\S+\n", alone.stdout)
    assert alone.stderr == ""


def _lines(done: Done) -> list[str]:
    return done.stdout.splitlines()


def test_an_environments_log(new_rcloud: NewRcloud, environment: Callable[..., Environment]) -> None:
    home = environment()
    rcloud = new_rcloud(home.owner)
    lines = until(lambda: _lines(rcloud.run("env", "logs", "dev", "--limit", "5", "-o", "json")))
    assert all(json.loads(line)["line"] for line in lines)
    child = rcloud.spawn("env", "logs", "dev", "--follow", "--since", "1h")
    child.expect("INFO")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    assert "Traceback" not in str(child.before)


def test_on_a_terminal_gone_is_only_what_was_named(
    new_rcloud: NewRcloud, environment: Callable[..., Environment]
) -> None:
    home = environment()
    rcloud = new_rcloud(home.owner)
    for typed, status in (("prod", 1), ("dev", 0)):
        child = rcloud.spawn("env", "delete", "dev", "--purge")
        child.expect("Type the name dev to go on: ")
        child.sendline(typed)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == status, child.before
    assert "✓ destroy data" in str(child.before)


def test_the_installed_command_is_this_one(new_rcloud: NewRcloud) -> None:
    rcloud = new_rcloud()
    done = subprocess.run(["rcloud", "--version"], env=rcloud.env, capture_output=True, text=True, check=True)
    assert done.stdout == rcloud.run("--version").stdout


def test_another_tenants_things_are_not_found(
    new_rcloud: NewRcloud, environment: Callable[..., Environment], signed_up: Person
) -> None:
    theirs = environment()
    rcloud = new_rcloud(signed_up)
    rcloud.run("accounts", "create", f"a{uuid4().hex[:12]}")
    for named in (theirs.environment_id, f"{theirs.account_id}/dev", f"{theirs.account_name}/dev"):
        for command in (["describe"], ["logs"], ["use"], ["delete", "--yes"]):
            done = rcloud.attempt("env", *command, named)
            assert (done.status, done.stdout) == (5, ""), done
        for command in (
            ["tunnels", "list"],
            ["tunnels", "command"],
            ["outbound", "show"],
            ["outbound", "set", "--yes"],
            ["identity-keys", "list"],
            ["identity-keys", "next"],
            ["identity-keys", "check"],
            ["identity-keys", "switch", "--force", "--yes"],
        ):
            done = rcloud.attempt(*command, named)
            assert (done.status, done.stdout) == (5, ""), done
    assert rcloud.attempt("env", "list", "--account", theirs.account_id).status == 5


DESIRED = """
account = "{account}"
[environments.dev.keys.checkout]
role = "ingress"
[environments.prod]
[environments.prod.outbound]
allow = ["10.20.0.0/16"]
[members]
"{member}" = "viewer"
"""


def test_services_are_tried_and_allowed(
    new_rcloud: NewRcloud, environment: Callable[..., Environment], signed_up: Person
) -> None:
    home, rcloud = environment(signed_up), new_rcloud(signed_up)
    tried = rcloud.attempt("preflight", "dev", "http://10.20.0.1:9", "--output", "json")
    assert (tried.status, tried.json["checks"][-1]["name"]) == (1, "policy")
    assert rcloud.run("outbound", "allow", "dev", "10.20.0.0/16", "-o", "json").json["networks"] == ["10.20.0.0/16"]
    assert rcloud.run("outbound", "show", "dev", "-o", "json").json["updatedBy"]
    assert "may reach: nothing" in rcloud.run("outbound", "withdraw", "dev", "10.20.0.0/16").stderr
    closed = rcloud.attempt("preflight", "dev", "http://127.0.0.1:1")
    assert (closed.status, "✗  tcp" in closed.stdout) == (1, True)
    assert rcloud.run("tunnels", "list", "dev", "-o", "json").json == {"items": []}
    assert f"rcloud env use {home.environment_id}" in rcloud.run("tunnels", "command", "dev").stdout


def test_an_account_becomes_what_a_file_says(plane: Plane, new_rcloud: NewRcloud, signed_up: Person) -> None:
    rcloud, account, member = new_rcloud(signed_up), f"a{uuid4().hex[:12]}", sign_up(plane.api_url)
    file, secrets = rcloud.home / "it.toml", rcloud.home / "secrets.toml"
    file.write_text(DESIRED.format(account=account, member=member.email))
    apply = ["apply", str(file), "--secrets-out", str(secrets), "--yes", "-o", "json"]

    first = rcloud.run(*apply).json
    kinds = [(one["action"], one["kind"]) for one in first["changes"]]
    assert kinds[:2] == [("create", "account"), ("create", "environment")]
    assert sorted(one["kind"] for one in first["changes"]) == [
        "account", "environment", "environment", "invitation", "key", "outbound",
    ]  # fmt: skip
    assert rcloud.run(*apply).json == {"changes": [], "applied": False}

    [dev, prod] = rcloud.run("env", "list", "-o", "json").json["items"]
    assert (dev["status"], prod["status"]) == ("ACTIVE", "ACTIVE")
    secret = tomllib.loads(secrets.read_text())["dev"]["checkout"]
    [key] = rcloud.run("keys", "list", "dev", "-o", "json").json["items"]
    assert secret.startswith(key["keyId"])

    assert rcloud.run("outbound", "show", "prod", "-o", "json").json["networks"] == ["10.20.0.0/16"]
    new_rcloud(member).run("invitations", "accept", account)
    file.write_text(DESIRED.format(account=account, member=member.email).replace('"viewer"', '"developer"'))
    [changed] = rcloud.run(*apply).json["changes"]
    assert (changed["action"], changed["kind"], changed["detail"]) == ("change", "member", "developer")
    file.write_text(f'account = "{account}"\n[environments.prod]\n[members]\n')
    pruned = rcloud.run(*apply, "--prune").json["changes"]
    assert sorted((one["action"], one["kind"]) for one in pruned) == [("delete", "environment"), ("delete", "member")]
    assert [one["name"] for one in rcloud.run("env", "list", "-o", "json").json["items"]] == ["prod"]
    assert len(rcloud.run("members", "list", "-o", "json").json["items"]) == 1
