"""Calls on a line that fails: what is repeated, what never is, and where a token goes."""

from __future__ import annotations

import json

import pytest

from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

BUSY = Answer(503, {"code": "busy", "message": "Busy."}, {"retry-after": "0"})
CUT = Answer(0)


@pytest.mark.parametrize("fault", [BUSY, CUT, Answer(502, "<html>")])
def test_reading_is_repeated(signed_in: Rcloud, server: Scripted, fault: Answer) -> None:
    server.on("GET /accounts", fault, page(account()))
    assert signed_in.run("accounts", "list", "-o", "json").json["items"] == [account()]
    assert len(server.to("/accounts")) == 2


@pytest.mark.parametrize("fault", [BUSY, CUT, Answer(409, {"code": "request_in_progress", "message": "Wait."})])
def test_creating_is_repeated_with_the_same_key(signed_in: Rcloud, server: Scripted, fault: Answer) -> None:
    server.on("POST /accounts", fault, Answer(201, account()))
    signed_in.run("accounts", "create", "payments")
    first, second = server.to("/accounts")
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert json.loads(second.body) == {"name": "payments"}


def test_two_commands_use_two_keys(signed_in: Rcloud, server: Scripted) -> None:
    server.on("POST /accounts", Answer(201, account()))
    signed_in.run("accounts", "create", "payments")
    signed_in.run("accounts", "create", "payments")
    assert len({one.headers["idempotency-key"] for one in server.to("/accounts")}) == 2


@pytest.mark.parametrize("fault", [BUSY, CUT])
def test_a_change_that_may_have_arrived_is_not_repeated(signed_in: Rcloud, server: Scripted, fault: Answer) -> None:
    server.on("GET /accounts", page(account()))
    server.on("PATCH /accounts/acc_1", fault)
    assert signed_in.attempt("accounts", "rename", "payments", "bills").status == 4
    assert len(server.to("/accounts/acc_1")) == 1


def test_a_wait_that_is_too_long_is_the_users_to_decide(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /auth/me", Answer(503, {"code": "busy", "message": "Busy."}, {"retry-after": "3600"}))
    assert signed_in.attempt("whoami").status == 4
    assert len(server.to("/auth/me")) == 1


def test_all_pages_are_read(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account("one"), following="acc_1"), page(account("two", "acc_2")))
    assert [one["name"] for one in signed_in.run("accounts", "list", "-o", "json").json["items"]] == ["one", "two"]
    first, second = server.to("/accounts")
    assert (first.query, second.query) == ({"limit": ["100"]}, {"limit": ["100"], "after": ["acc_1"]})


def test_a_stored_token_goes_to_its_own_plane_only(signed_in: Rcloud) -> None:
    with Scripted() as hostile:
        by_flag = signed_in.attempt("whoami", "--url", hostile.url)
        signed_in.env["RCLOUD_URL"] = hostile.url
        by_variable = signed_in.attempt("whoami")
        assert (by_flag.status, by_variable.status) == (3, 3)
        assert hostile.asked == []


@pytest.mark.parametrize("token", ["abc def", "abc\r\nx: y", "abcdé", "abc\x00"])
def test_what_is_no_token_is_neither_sent_nor_shown(rcloud: Rcloud, server: Scripted, token: str) -> None:
    done = rcloud.attempt("whoami", "--url", server.url, "--token", token)
    assert (done.status, server.asked) == (2, [])
    assert "RCLOUD_TOKEN" in done.stderr
    assert "abc" not in done.stderr


def test_a_line_end_is_no_part_of_a_token(rcloud: Rcloud, server: Scripted) -> None:
    rcloud.env["RCLOUD_TOKEN"] = "abc\n"
    rcloud.attempt("accounts", "list", "--url", server.url)
    assert server.to("/accounts")[0].headers["authorization"] == "Bearer abc"


def test_a_redirection_is_not_followed(signed_in: Rcloud, server: Scripted) -> None:
    with Scripted() as hostile:
        server.on("GET /auth/me", Answer(307, "", {"location": f"{hostile.url}/api/v1/auth/me"}))
        assert signed_in.attempt("whoami").status == 1
        assert hostile.asked == []


def test_nobodys_name_becomes_another_address(signed_in: Rcloud, server: Scripted) -> None:
    odd = environment("dev", "../../auth/me?x=1#y")
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(odd))
    signed_in.attempt("env", "delete", "dev", "--yes", "--no-wait")
    [asked] = [one for one in server.asked if one.method == "DELETE"]
    assert asked.path == "/api/v1/accounts/acc_1/environments/..%2F..%2Fauth%2Fme%3Fx%3D1%23y"


def test_flags_beat_variables_and_both_may_stand_before_the_command(rcloud: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    rcloud.env |= {"RCLOUD_URL": "http://127.0.0.1:9", "RCLOUD_TOKEN": "variable"}
    flags = ["--url", server.url, "--token", "flag", "-o", "json"]
    before = rcloud.run(*flags, "accounts", "list")
    after = rcloud.run("accounts", "list", *flags)
    assert before.json == after.json
    assert {one.headers["authorization"] for one in server.asked} == {"Bearer flag"}


def test_verbose_shows_requests_and_no_token(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    done = signed_in.run("accounts", "list", "--verbose", "-o", "json")
    assert f"> GET {server.url}/api/v1/accounts" in done.stderr
    assert "< 200" in done.stderr
    assert "req_scripted" in done.stderr
    assert "e30.e30.s" not in done.stderr
    assert done.json["items"]
