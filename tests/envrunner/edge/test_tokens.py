"""Who is let in, and what a stranger can learn."""

from __future__ import annotations

import pytest

from tests.envrunner.edge.asking import ask
from tests.envrunner.edge.conftest import DELETED, MINE, NOBODYS, OFF, OTHERS, World
from tests.envrunner.edge.stack import digest, label


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        "Bearer  {t}",
        "Bearer {t} ",
        "Bearer {t}x",
        "Token {t}",
        "{t}",
        "Bearer {t}, Bearer {t}",
        "Bearer\t{t}",
        "bearer",
        "Bearer .epoch",
        "Bearer {label}",
        "Bearer " + "a" * 5000,
    ],
)
def test_bad_tokens(world: World, value: str) -> None:
    header = value.format(t=world.tokens["full"], label=world.host()[:27])
    answer = ask(world.port("ingress"), "/S/h", host=world.host(), headers=[("Authorization", header)])
    if value == "Bearer {t} ":
        assert answer.status == 200  # trailing white space is no part of a field's value (RFC 9110, 5.5)
        return
    answer.assert_refusal(401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_scheme_is_case_insensitive(world: World) -> None:
    for scheme in ("bearer", "BEARER"):
        header = ("Authorization", f"{scheme} {world.tokens['full']}")
        assert ask(world.port("ingress"), "/S/h", host=world.host(), headers=[header]).status == 200


def test_two_authorizations_are_refused(world: World) -> None:
    header = ("Authorization", f"Bearer {world.tokens['full']}")
    for other in (header, ("Authorization", "Bearer x"), ("authorization", "Basic eDp5")):
        answer = ask(world.port("ingress"), "/S/h", host=world.host(), headers=[header, other])
        assert answer.status in (400, 401)
        answer.assert_refusal(answer.status)


def test_expiry(world: World) -> None:
    ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["expired"]).assert_refusal(401)
    assert ask(world.port("ingress"), "/S/h", host=world.host(), token=world.tokens["lasting"]).status == 200


def test_an_expired_access_token(world: World) -> None:
    token = world.stack.add_member("usr_gone", "owner", account="acc_9")
    principal = {"kind": "user", "userId": "usr_owner", "expiresAt": "2020-01-01T00:00:00Z"}
    world.stack.plane.change("principals", digest(token), principal)
    world.stack.wait_applied()
    ask(world.port("admin"), "/deployments", host=world.host(), token=token).assert_refusal(401)


def test_nobody_learns_which_environments_exist(world: World) -> None:
    for side, target in (("ingress", "/S/h"), ("admin", "/deployments")):
        for number in (MINE, OTHERS, NOBODYS, DELETED, OFF):
            anonymous = ask(world.port(side), target, host=world.host(number))
            anonymous.assert_refusal(401)
        for token in (world.tokens["full"], world.tokens["member:owner"]):
            answers = [
                ask(world.port(side), target, host=world.host(number), token=token) for number in (OTHERS, NOBODYS)
            ]
            for answer in answers:
                answer.assert_refusal(403)
            assert answers[0].body == answers[1].body


def test_own_ports_keep_strangers_out(world: World) -> None:
    for token in (world.tokens["full"], world.tokens["member:owner"]):
        for number in (OTHERS, 60):
            ask(world.own_port(number, "ingress"), "/S/h", token=token).assert_refusal(403)
    ask(world.own_port(MINE, "ingress"), "/S/h").assert_refusal(401)


def test_a_key_of_an_ingress_port_does_not_open_the_admin_port_of_another(world: World) -> None:
    ask(world.own_port(OTHERS, "admin"), "/deployments", token=world.tokens["admin"]).assert_refusal(403)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "example.org", "x.env.local", "a" * 27, "a" * 28 + ".env.local", "a" * 26 + "-.env.x"]
)
def test_other_hosts_are_unknown(world: World, host: str) -> None:
    ask(world.port("ingress"), "/S/h", host=host, token=world.tokens["full"]).assert_refusal(404)


def test_host_names_have_no_case_and_may_have_a_port(world: World) -> None:
    for host in (
        world.host().upper(),
        f"{world.host()}:{world.stack.ingress}",
        world.host()[:27] + ".env.other.example",
    ):
        assert ask(world.port("ingress"), "/S/h", host=host, token=world.tokens["full"]).status == 200


def test_environments_that_are_off_or_deleted(world: World) -> None:
    for side, path in (("ingress", "/S/h"), ("admin", "/deployments")):
        off = ask(world.port(side), path, host=world.host(OFF), token=world.tokens[f"full:{OFF}"])
        off.assert_refusal(503)
        assert off.headers["retry-after"] == "60"
        said = "This environment is paused: it takes no calls until it is woken."
        assert off.json["message"].startswith(said)
        assert f"rcloud env wake env_{label(OFF)}." in off.json["message"]
    deleted = ask(world.port("ingress"), "/S/h", host=world.host(DELETED), token=world.tokens[f"full:{DELETED}"])
    deleted.assert_refusal(404)
