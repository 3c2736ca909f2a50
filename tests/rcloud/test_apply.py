"""`rcloud apply`: files that say nothing sensible, plans, and a secret that is never lost."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.rcloud.scripted import API, Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

ME = Answer(body={"user": {"userId": "usr_1", "email": "ada@example.com", "name": None}, "accounts": []})
KEYS = "/accounts/acc_1/environments/env_1/api-keys"


def key(description: str, role: str = "full") -> dict[str, object]:
    return {"keyId": f"key_{description}", "description": description, "role": role, "secret": "key_secret"}


def person(email: str, role: str, **more: object) -> dict[str, object]:
    return {"email": email, "role": role, "userId": f"usr_{email}", "invitationId": f"inv_{email}"} | more


@pytest.fixture
def there(server: Scripted) -> Scripted:
    """What the plane has."""
    server.on("GET /auth/me", ME)
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment(), environment("old", "env_2", "DELETED")))
    server.on(f"GET {KEYS}", page(key("known"), key("stale", "admin")))
    members = [person("ada@example.com", "owner"), person("grace@example.com", "viewer"), person("eve@x.org", "admin")]
    server.on("GET /accounts/acc_1/members", page(*members))
    invited = [person("heidi@example.com", "viewer", status="pending"), person("x@x.org", "viewer", status="revoked")]
    server.on("GET /accounts/acc_1/invitations", page(*invited))
    return server


def has_keys(there: Scripted, *keys: dict[str, object]) -> None:
    """These, and no longer those it had."""
    there.answers[f"GET {API}{KEYS}"] = [page(*keys)]


def plan(rcloud: Rcloud, text: str, *flags: str) -> list[tuple[str, str, str, str]]:
    Path(rcloud.home, "it.toml").write_text(text)
    done = rcloud.run("apply", "it.toml", "--dry-run", "-o", "json", *flags)
    assert done.json["applied"] is False
    return [(one["action"], one["kind"], one["name"], one["detail"]) for one in done.json["changes"]]


FULL = """
account = "payments"
[environments.dev.keys.known]
role = "full"
[environments.dev.keys.fresh]
role = "ingress"
expires_in = "90d"
[environments.prod]
[members]
"Grace@example.com" = "admin"
"heidi@example.com" = "developer"
"ivan@example.com" = "viewer"
"ada@example.com" = "owner"
"""


def test_a_plan_names_what_differs(signed_in: Rcloud, there: Scripted) -> None:
    assert plan(signed_in, FULL) == [
        ("create", "key", "fresh", "ingress, expires in 90d"),
        ("create", "environment", "prod", ""),
        ("change", "member", "grace@example.com", "admin"),
        ("change", "invitation", "heidi@example.com", "developer"),
        ("create", "invitation", "ivan@example.com", "viewer"),
    ]
    assert {one.method for one in there.asked} == {"GET"}


def test_pruning_spares_me_and_what_the_file_does_not_speak_of(signed_in: Rcloud, there: Scripted) -> None:
    assert plan(signed_in, 'account = "payments"', "--prune") == []
    assert plan(signed_in, 'account = "acc_1"\n[environments]\n[members]\n', "--prune") == [
        ("delete", "environment", "dev", "restorable for some days"),
        ("delete", "invitation", "heidi@example.com", "viewer"),
        ("delete", "member", "grace@example.com", "viewer"),
        ("delete", "member", "eve@x.org", "admin"),
    ]
    keys = plan(signed_in, 'account = "payments"\n[environments.dev.keys.known]\nrole = "full"\n', "--prune")
    assert keys == [("delete", "key", "stale", "admin")]
    assert plan(signed_in, 'account = "payments"\n[environments.dev]\n', "--prune") == []


def test_an_account_that_is_not_there_is_created_first(signed_in: Rcloud, there: Scripted) -> None:
    found = plan(signed_in, FULL.replace("payments", "billing"))
    assert found[:2] == [("create", "account", "billing", ""), ("create", "environment", "dev", "")]


def test_a_role_that_cannot_change_stops_everything(signed_in: Rcloud, there: Scripted) -> None:
    Path(signed_in.home, "it.toml").write_text('account = "payments"\n[environments.dev.keys.known]\nrole = "admin"\n')
    done = signed_in.attempt("apply", "it.toml", "--yes")
    assert done.status == 6
    assert {one.method for one in there.asked} == {"GET"}


REACHING = """
account = "payments"
[environments.dev.outbound]
allow = ["10.20.0.0/16", "DB.corp.example"]
[environments.prod.outbound]
allow = ["10.9.0.0/16"]
"""
OUTBOUND = "/accounts/acc_1/environments/env_1/outbound-policy"


def test_what_an_environment_may_reach(signed_in: Rcloud, there: Scripted) -> None:
    there.on(f"GET {OUTBOUND}", Answer(body={"networks": ["10.0.0.0/24"], "hosts": ["db.corp.example"]}))
    there.on(f"PUT {OUTBOUND}", Answer(body={"networks": [], "hosts": []}))
    assert plan(signed_in, REACHING) == [
        ("create", "outbound", "10.20.0.0/16", "may be reached"),
        ("create", "environment", "prod", ""),
        ("create", "outbound", "10.9.0.0/16", "may be reached"),
    ]
    gone = ("delete", "outbound", "10.0.0.0/24", "no longer allowed")
    only_dev = REACHING.partition("[environments.prod")[0]
    assert gone in plan(signed_in, only_dev, "--prune")
    assert gone not in plan(signed_in, 'account = "payments"\n[environments.dev]\n', "--prune")
    Path(signed_in.home, "it.toml").write_text(only_dev)
    signed_in.run("apply", "it.toml", "--yes", "--prune")
    assert [json.loads(one.body) for one in there.to(OUTBOUND) if one.method == "PUT"] == [
        {"networks": ["10.0.0.0/24", "10.20.0.0/16"], "hosts": ["db.corp.example"]},
        {"networks": [], "hosts": ["db.corp.example"]},
    ]


NEW_KEY = 'account = "payments"\n[environments.dev.keys."checkout \\"x\\""]\nrole = "ingress"\n'


def test_a_new_keys_secret_goes_to_the_file_and_nowhere_else(signed_in: Rcloud, there: Scripted) -> None:
    Path(signed_in.home, "it.toml").write_text(NEW_KEY)
    there.on(f"POST {KEYS}", Answer(201, key("checkout")))
    secrets = signed_in.home / "secrets.toml"
    secrets.write_text("# ours\n")
    done = signed_in.run("apply", "it.toml", "--yes", "--secrets-out", str(secrets))
    assert tomllib.loads(secrets.read_text()) == {"dev": {'checkout "x"': "key_secret"}}
    assert secrets.read_text().startswith("# ours\n")
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert "key_secret" not in done.stdout + done.stderr
    [made] = [one for one in there.to(KEYS) if one.method == "POST"]
    assert json.loads(made.body) == {"description": 'checkout "x"', "role": "ingress"}


RESTRICTED = """
account = "payments"
[environments.dev.keys.narrow]
role = "ingress"
[environments.dev.keys.narrow.restrictions]
handlers = ["Checkout/*/pay", "Checkout/*/look"]
networks = ["203.0.113.7", "::ffff:10.0.0.0/104"]
requestsPerSecond = 50
readOnly = true
"""


def test_a_restricted_key_is_made_and_then_known(signed_in: Rcloud, there: Scripted) -> None:
    detail = "ingress, handlers Checkout/*/pay, Checkout/*/look; from 203.0.113.7, ::ffff:10.0.0.0/104; 50/s; read-only"
    assert plan(signed_in, RESTRICTED) == [("create", "key", "narrow", detail)]
    there.on(f"POST {KEYS}", Answer(201, key("narrow", "ingress")))
    signed_in.run("apply", "it.toml", "--yes", "--secrets-out", str(signed_in.home / "secrets.toml"))
    [made] = [one for one in there.to(KEYS) if one.method == "POST"]
    wanted = tomllib.loads(RESTRICTED)["environments"]["dev"]["keys"]["narrow"]["restrictions"]
    assert json.loads(made.body) == {"description": "narrow", "role": "ingress", "restrictions": wanted}
    kept = wanted | {"handlers": wanted["handlers"][::-1], "networks": ["10.0.0.0/8", "203.0.113.7/32"]}
    has_keys(there, key("narrow", "ingress") | {"restrictions": kept | {"services": None}})
    assert plan(signed_in, RESTRICTED) == []


@pytest.mark.parametrize("now", [None, {"handlers": ["Checkout/*/pay"]}])
def test_restrictions_that_cannot_change_stop_everything(
    signed_in: Rcloud, there: Scripted, now: dict[str, object] | None
) -> None:
    has_keys(there, key("narrow", "ingress") | {"restrictions": now})
    Path(signed_in.home, "it.toml").write_text(RESTRICTED)
    done = signed_in.attempt("apply", "it.toml", "--yes")
    assert done.status == 6
    assert "A key's restrictions never change." in done.stderr
    assert {one.method for one in there.asked} == {"GET"}


@pytest.mark.parametrize("flags", [[], ["--secrets-out", "it.toml/no"], ["--secrets-out", "broken.toml"]])
def test_without_a_place_for_the_secret_no_key_is_made(signed_in: Rcloud, there: Scripted, flags: list[str]) -> None:
    Path(signed_in.home, "it.toml").write_text(NEW_KEY)
    Path(signed_in.home, "broken.toml").write_text("broken =")
    assert signed_in.attempt("apply", "it.toml", "--yes", *flags).status in (1, 2)
    assert {one.method for one in there.asked} == {"GET"}
    assert Path(signed_in.home, "broken.toml").read_text() == "broken ="


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "`account`"),
        ("account = 1", "`account`"),
        ('account = "a"\nenviroments = {}', "`enviroments`"),
        ('account = "a"\nenvironments = []', "`environments`"),
        ('account = "a"\n[environments.dev]\nsize = 1', "environments.dev"),
        ('account = "a"\n[environments.dev.keys.x]', "`role`"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "full"\nexpires_in = "soon"', "'soon'"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "root"', "complete_awakeable"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "full"\nrestrictions = {}', "restricts nothing"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "full"\nrestrictions = {service = ["a"]}', "`service`"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "full"\nrestrictions = {services = "a"}', "`services`"),
        ('account = "a"\n[environments.dev.keys.x]\nrole = "full"\nrestrictions = {readOnly = false}', "`readOnly`"),
        ('account = "a"\n[environments.dev.outbound]', "`allow`"),
        ('account = "a"\n[environments.dev.outbound]\nallow = "10.0.0.0/8"', "`allow`"),
        ('account = "a"\n[environments.dev.outbound]\nallow = [1]', "environments.dev.outbound"),
        ('account = "a"\n[environments.dev.outbound]\ndeny = []', "`deny`"),
        ('account = "a"\n[members]\n"x@y.z" = ["admin"]', "members"),
        ('account = "a"\n[members]\n"x@y.z" = "root"', "developer"),
        ("account = \n", "line 1"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_the_place(
    signed_in: Rcloud, server: Scripted, text: str, named: str
) -> None:
    Path(signed_in.home, "it.toml").write_text(text)
    done = signed_in.attempt("apply", "it.toml", "--yes")
    assert done.status in (1, 2)
    assert named in done.stderr
    assert server.asked == []


def test_nothing_is_done_unasked(signed_in: Rcloud, there: Scripted) -> None:
    Path(signed_in.home, "it.toml").write_text(FULL)
    assert signed_in.attempt("apply", "it.toml").status == 2
    assert signed_in.attempt("apply", "it.toml", "-o", "json").status == 2
    assert signed_in.attempt("apply", "missing.toml").status == 1
    assert {one.method for one in there.asked} == {"GET"}
