"""How names and ids are looked up, and what an environment's changes look like."""

from __future__ import annotations

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

ENVIRONMENTS = "/accounts/acc_1/environments"
CHANGE = {
    "operationId": "op_1",
    "kind": "environment.restore",
    "status": "FAILED",
    "createdAt": "2026-01-01T00:00:00Z",
    "endedAt": None,
    "error": "The disk is full.",
}


def test_a_name_is_asked_for_and_nothing_is_paged_through(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    server.on(f"GET {ENVIRONMENTS}", page(environment("other", "env_2"), environment()))
    server.on(f"GET {ENVIRONMENTS}/env_1/operations", page(CHANGE, following="op_1"))
    shown = signed_in.run("env", "describe", "dev").stdout
    assert "restore FAILED 2026-01-01 00:00Z op_1 The disk is full." in shown
    [asked], [last] = server.to(ENVIRONMENTS), server.to(f"{ENVIRONMENTS}/env_1/operations")
    assert (asked.query, last.query) == ({"name": ["dev"]}, {"limit": ["1"]})


def test_an_id_is_looked_for_in_every_account(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account("one", "acc_0"), account("two")))
    server.on(f"GET {ENVIRONMENTS}/env_1", Answer(body=environment()))
    server.on(f"GET {ENVIRONMENTS}/env_1/operations", page(CHANGE))
    listed = signed_in.run("operations", "list", "env_1").stdout.splitlines()
    assert listed[1].split()[:3] == ["op_1", "environment.restore", "FAILED"]
    assert len(server.to("/accounts/acc_0/environments/env_1")) == 1
    assert signed_in.attempt("env", "describe", "env_2").status == 5


def test_a_plane_that_lists_no_changes_is_described_all_the_same(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    server.on(f"GET {ENVIRONMENTS}", page(environment()))
    assert "last change" in signed_in.run("env", "describe", "dev").stdout
