"""`rcloud login` on a real plane, which also logs the stock CLI in."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest

from tests.support.cli import VERSIONS
from tests.support.tenants import Environment, Person
from tests.support.waiting import until
from tests.system.rclouds import NewRcloud, log_in, new_rcloud, stock_cli

pytestmark = pytest.mark.system
__all__ = ["new_rcloud"]


def test_a_login_is_the_stock_clis_login_too(
    new_rcloud: NewRcloud, environment: Callable[..., Environment], signed_up: Person
) -> None:
    home, rcloud = environment(signed_up), new_rcloud()
    rcloud.config.parent.mkdir()
    mine = '# my own machine\n[local]\ningress_base_url = "http://127.0.0.1:1" # odd\n'
    rcloud.config.write_text(mine)

    assert log_in(rcloud, signed_up).exitstatus == 0

    assert rcloud.config.read_text().startswith(mine)
    assert rcloud.config.stat().st_mode & 0o777 == 0o600
    me = rcloud.run("whoami", "-o", "json").json
    assert (me["user"]["email"], me["url"]) == (signed_up.email, signed_up.api_url)
    # The edge hears of a login a moment later.
    caller = home.using(tomllib.loads(rcloud.config.read_text())["global"]["cloud"]["access_token"])
    until(lambda: caller.admin("GET", "/version").status_code == 200)
    cli = stock_cli(rcloud)
    cli.configure(f"{home.account_name}/{home.name}")
    shown = cli.run("whoami")
    assert home.environment_id in shown
    assert "Logged in?      true" in shown
    assert f"Admin Service '{home.admin_url}/' is healthy!" in shown


def test_env_use_is_env_configure_without_a_terminal(
    new_rcloud: NewRcloud, environment: Callable[..., Environment]
) -> None:
    home = environment()
    by_stock, by_rcloud = new_rcloud(home.owner), new_rcloud(home.owner)
    stock_cli(by_stock).configure(f"{home.account_name}/{home.name}")
    by_rcloud.run("env", "use", home.name)
    written = [tomllib.loads(one.config.read_text()) for one in (by_stock, by_rcloud)]
    assert written[0] == written[1]
    in_use = [(one.config.parent / "environment").read_bytes() for one in (by_stock, by_rcloud)]
    assert in_use == [b"dev", b"dev"]
    for version in VERSIONS:
        cli = stock_cli(by_rcloud, version)
        assert f"Admin Service '{home.admin_url}/' is healthy!" in cli.run("whoami")
        cli.run("services", "list")
        cli.run("deployments", "list")


def test_a_profile_that_means_something_else_is_not_overwritten_unasked(
    new_rcloud: NewRcloud, environment: Callable[..., Environment]
) -> None:
    home = environment()
    rcloud = new_rcloud(home.owner)
    with rcloud.config.open("a") as file:
        file.write('[dev]\nadmin_base_url = "http://127.0.0.1:1"\n')
    before = rcloud.config.read_text()
    assert rcloud.attempt("env", "use", "dev").status == 2
    for reserved in ("global", "default", "local"):
        assert rcloud.attempt("env", "use", "dev", "--profile", reserved, "--yes").status == 2
    assert rcloud.config.read_text() == before
    rcloud.run("env", "use", "dev", "--profile", "my dev.1")
    rcloud.run("env", "use", "dev", "--yes")
    profiles = tomllib.loads(rcloud.config.read_text())
    assert profiles["dev"] == profiles["my dev.1"]


def test_a_denied_login_and_a_logout(new_rcloud: NewRcloud, signed_up: Person) -> None:
    rcloud = new_rcloud()
    denied = log_in(rcloud, signed_up, decision="deny")
    assert denied.exitstatus == 1
    assert "denied" in str(denied.before)
    assert not rcloud.config.exists()

    log_in(rcloud, signed_up, "--no-browser")
    token = tomllib.loads(rcloud.config.read_text())["global"]["cloud"]["access_token"]
    rcloud.run("logout")
    assert tomllib.loads(rcloud.config.read_text()) == {"global": {"cloud": {"api_base_url": signed_up.api_url}}}
    assert rcloud.attempt("whoami").status == 3
    rcloud.env["RCLOUD_TOKEN"] = token
    again = rcloud.attempt("whoami", "-o", "json")
    assert (again.status, again.stdout) == (3, "")
    assert f"rcloud login --url {signed_up.api_url}" in again.stderr


def test_a_program_sees_all_sessions_and_ends_programs(new_rcloud: NewRcloud, signed_up: Person) -> None:
    here, there = new_rcloud(), new_rcloud()
    log_in(here, signed_up)
    log_in(there, signed_up)
    sessions = here.run("sessions", "list", "-o", "json").json["items"]
    assert sorted(one["kind"] for one in sessions) == ["browser", "program", "program"]
    [other] = [one["sessionId"] for one in sessions if one["kind"] == "program" and not one["current"]]
    assert here.run("sessions", "revoke", other, "-o", "json").json == {"items": [{"sessionId": other}]}
    assert there.attempt("whoami").status == 3
    [browser] = [one["sessionId"] for one in sessions if one["kind"] == "browser"]
    refused = here.attempt("sessions", "revoke", browser)
    assert refused.status == 1
    assert "browser" in refused.stderr
    log_in(there, signed_up)
    assert len(here.run("sessions", "revoke", "--others", "-o", "json").json["items"]) == 1
    assert (there.attempt("whoami").status, here.attempt("whoami").status) == (3, 0)
    assert signed_up.call("GET", "/auth/me").status_code == 200
