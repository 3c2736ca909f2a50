"""The device grant (RFC 8628): every answer the token endpoint may give."""

from __future__ import annotations

import tomllib
from urllib.parse import parse_qs

import pytest

from tests.rcloud.scripted import Answer, Scripted
from tests.support.rcloud import Rcloud

TOKEN = "e30.e30.granted"
PENDING = Answer(400, {"error": "authorization_pending"})
GRANTED = Answer(200, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
ME = Answer(body={"user": {"userId": "usr_1", "email": "ada@example.com", "name": None}, "accounts": []})


def _prepared(server: Scripted, *tokens: Answer, **request: object) -> None:
    asked = {
        "device_code": "device-secret",
        "user_code": "AAAA-BBBB",
        "verification_uri": f"{server.url}/device",
        "verification_uri_complete": f"{server.url}/device?user_code=AAAA-BBBB",
        "expires_in": 600,
        "interval": 0,
    }
    server.on("POST //oauth2/device_authorization", Answer(body=asked | request))
    server.on("POST //oauth2/token", *tokens)
    server.on("GET /auth/me", ME)


def test_a_login_waits_for_consent_and_writes_the_configuration(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, PENDING, Answer(0), PENDING, GRANTED)
    rcloud.config.parent.mkdir()
    rcloud.config.write_text("# mine\n[local]\nx = 1\n")

    done = rcloud.run("login", "--url", f"{server.url}/some/path", "-o", "json")

    assert done.json["user"]["email"] == "ada@example.com"
    assert done.json["config"] == str(rcloud.config)
    assert f"{server.url}/device?user_code=AAAA-BBBB" in done.stderr
    assert "AAAA-BBBB" in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    content = tomllib.loads(rcloud.config.read_text())
    assert content == {"local": {"x": 1}, "global": {"cloud": {"api_base_url": server.url, "access_token": TOKEN}}}
    [first, *_] = server.to("//oauth2/device_authorization")
    assert parse_qs(first.body) == {"client_id": ["rcloud"]}
    assert parse_qs(server.to("//oauth2/token")[-1].body) == {
        "grant_type": ["urn:ietf:params:oauth:grant-type:device_code"],
        "device_code": ["device-secret"],
        "client_id": ["rcloud"],
    }
    assert rcloud.run("whoami", "-o", "json").json["url"] == server.url


def test_a_token_that_cannot_be_kept_is_given_back(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, GRANTED)
    server.on("POST //oauth2/revoke", Answer(200))
    rcloud.config.parent.mkdir()
    rcloud.config.write_text("global = 1\n")
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert str(rcloud.config) in done.stderr
    assert parse_qs(server.to("//oauth2/revoke")[0].body)["token"] == [TOKEN]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(400, {"error": "access_denied"}), "denied in the browser"),
        (Answer(400, {"error": "expired_token"}), "not confirmed in time"),
        (Answer(400, {"error": "invalid_grant", "error_description": "This code was used."}), "This code was used."),
        (Answer(400, {"error": "unheard_of"}), "unheard_of"),
        (Answer(500, "oops"), "is not a plane"),
    ],
)
def test_a_login_that_is_not_granted_changes_nothing(
    rcloud: Rcloud, server: Scripted, answer: Answer, said: str
) -> None:
    _prepared(server, PENDING, answer)
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert said in done.stderr
    assert not rcloud.config.exists()


def test_slow_down_adds_five_seconds(rcloud: Rcloud, server: Scripted) -> None:
    # The code lasts shorter than the pause of RFC 8628 §3.5: whoever polled again without it would be granted.
    _prepared(server, Answer(400, {"error": "slow_down"}), GRANTED, expires_in=3)
    assert rcloud.attempt("login", "--url", server.url).status == 1
    assert len(server.to("//oauth2/token")) == 1


def test_a_code_that_nobody_confirms_ends(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, PENDING, expires_in=0)
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert "not confirmed in time" in done.stderr


@pytest.mark.parametrize("odd", [{"expires_in": "soon"}, {"interval": -1}, {"interval": 1e99}, {"expires_in": None}])
def test_an_answer_of_another_shape(rcloud: Rcloud, server: Scripted, odd: dict[str, object]) -> None:
    _prepared(server, GRANTED, **odd)
    done = rcloud.attempt("login", "--url", server.url)
    assert (done.status, rcloud.config.exists()) == (1, False)
    assert "is not a plane" in done.stderr


def test_a_plane_of_another_kind(rcloud: Rcloud, server: Scripted) -> None:
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert "is not a plane" in done.stderr


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "x-app://open"])
def test_a_page_that_is_no_web_page_is_neither_shown_nor_opened(rcloud: Rcloud, server: Scripted, address: str) -> None:
    _prepared(server, GRANTED, verification_uri_complete=address)
    rcloud.env["BROWSER"] = "touch opened"
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert address not in done.stderr
    assert not (rcloud.home / "opened").exists()


def test_an_address_that_nobody_understands_is_replaced(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, GRANTED)
    rcloud.sign_in("e30.e30.old", "::what::")
    assert rcloud.attempt("whoami").status == 2
    rcloud.run("login", "--url", server.url)
    assert rcloud.run("whoami", "-o", "json").json["url"] == server.url


def test_a_browser_is_opened_with_the_code(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, GRANTED)
    program = rcloud.home / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" > {rcloud.home}/opened\n')
    program.chmod(0o755)
    rcloud.env["BROWSER"] = str(program)
    rcloud.run("login", "--url", server.url)
    assert (rcloud.home / "opened").read_text() == f"{server.url}/device?user_code=AAAA-BBBB\n"
    (rcloud.home / "opened").unlink()
    rcloud.run("login", "--url", server.url, "--no-browser")
    assert not (rcloud.home / "opened").exists()


def test_a_configuration_that_cannot_be_written_is_told_before_anything_is_asked(
    rcloud: Rcloud, server: Scripted
) -> None:
    rcloud.config.parent.mkdir()
    rcloud.config.write_text("broken = ")
    done = rcloud.attempt("login", "--url", server.url)
    assert done.status == 1
    assert str(rcloud.config) in done.stderr
    assert server.asked == []


def test_a_new_login_ends_the_one_it_replaces(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, GRANTED)
    server.on("POST //oauth2/revoke", Answer(200), Answer(0))
    rcloud.sign_in("e30.e30.old", server.url)
    for replaced in ("e30.e30.old", TOKEN):
        rcloud.run("login", "--url", server.url)
        assert parse_qs(server.to("//oauth2/revoke")[-1].body)["token"] == [replaced]
    rcloud.sign_in("e30.e30.elsewhere", "http://other.example")
    rcloud.run("login", "--url", server.url)
    assert len(server.to("//oauth2/revoke")) == 2


def test_a_token_from_a_variable_is_ended_and_the_stored_login_stays(rcloud: Rcloud, server: Scripted) -> None:
    _prepared(server, GRANTED)
    server.on("POST //oauth2/revoke", Answer(200))
    rcloud.env |= {"RCLOUD_TOKEN": "e30.e30.variable"}
    assert "RCLOUD_TOKEN is set" in rcloud.run("login", "--url", server.url).stderr
    rcloud.run("logout")
    assert [parse_qs(one.body)["token"] for one in server.to("//oauth2/revoke")] == [["e30.e30.variable"]]
    assert TOKEN in rcloud.config.read_text()


def test_logging_out_removes_the_token_whatever_the_plane_says(rcloud: Rcloud, server: Scripted) -> None:
    for answer, status in ((Answer(200), 0), (Answer(500, "oops"), 1), (Answer(0), 4)):
        rcloud.sign_in(TOKEN, server.url)
        server.answers["POST /oauth2/revoke"] = [answer]
        assert rcloud.attempt("logout").status == status
        assert tomllib.loads(rcloud.config.read_text()) == {"global": {"cloud": {"api_base_url": server.url}}}
    assert parse_qs(server.to("//oauth2/revoke")[0].body) == {"token": [TOKEN], "client_id": ["rcloud"]}


def test_logging_out_of_one_plane_leaves_the_login_at_another(rcloud: Rcloud, server: Scripted) -> None:
    rcloud.sign_in("e30.e30.elsewhere", "http://other.example")
    before = rcloud.config.read_text()
    assert "not logged in" in rcloud.run("logout", "--url", server.url).stderr
    assert (rcloud.config.read_text(), server.asked) == (before, [])
