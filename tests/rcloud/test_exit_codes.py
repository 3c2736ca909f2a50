"""What a script sees: the exit code, an empty stdout, and a sentence on stderr that says what to do."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from rcloud.app import EXIT_CODES
from rcloud.errors import Exit
from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud


def refusal(status: int, code: str = "some_code", message: str = "It is refused.") -> Answer:
    return Answer(status, {"code": code, "message": message})


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (refusal(401, "unauthenticated", "The token is not known."), 3, "rcloud login --url http://127.0.0.1:"),
        (refusal(400), 1, "It is refused."),
        (refusal(403, "permission_denied", "Your role does not reach."), 1, "rcloud whoami"),
        (refusal(403, "recent_sign_in_required"), 1, "rcloud open security"),
        (refusal(404), 5, "It is refused."),
        (refusal(409), 6, "It is refused."),
        (refusal(422), 1, "It is refused."),
        (Answer(429, {"code": "x", "message": "Slower."}, {"retry-after": "7"}), 1, "again in 7 seconds"),
        (refusal(500), 1, "It is refused."),
        (Answer(200, "<html>", {}), 1, "is not a plane"),
        (Answer(302, "", {"location": "https://elsewhere.example"}), 1, "is not a plane"),
        (Answer(404, "nginx"), 1, "is not a plane"),
    ],
)
def test_each_refusal(signed_in: Rcloud, server: Scripted, answer: Answer, status: int, said: str) -> None:
    server.on("GET /auth/me", answer)
    done = signed_in.attempt("whoami", "--output", "json")
    assert (done.status, done.stdout) == (status, "")
    assert said in done.stderr
    if isinstance(answer.body, dict):
        assert "req_scripted" in done.stderr


def test_nobody_answers(rcloud: Rcloud) -> None:
    done = rcloud.attempt("env", "list", "--url", "http://127.0.0.1:9", "--token", "opaque")
    assert (done.status, done.stdout) == (4, "")
    assert "http://127.0.0.1:9" in done.stderr
    assert "curl http://127.0.0.1:9/healthz" in done.stderr


def test_a_plane_that_stays_busy(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /auth/me", Answer(503, {"code": "busy", "message": "The plane is busy."}))
    done = signed_in.attempt("whoami")
    assert done.status == 4
    assert len(server.to("/auth/me")) == 4


def test_no_plane_and_no_login(rcloud: Rcloud) -> None:
    done = rcloud.attempt("env", "list")
    assert done.status == 2
    assert "rcloud login --url" in done.stderr
    done = rcloud.attempt("env", "list", "--url", "plane.example.com")
    assert done.status == 3
    assert "rcloud login --url https://plane.example.com" in done.stderr


def test_a_login_that_has_ended_is_not_even_sent(rcloud: Rcloud, server: Scripted) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 1_000_000_000}).encode()).decode().rstrip("=")
    rcloud.sign_in(f"e30.{claims}.s", server.url)
    done = rcloud.attempt("whoami")
    assert done.status == 3
    assert "ended at 2001-09-09" in done.stderr
    assert f"rcloud login --url {server.url}" in done.stderr
    assert server.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["env"],
        ["env", "nothing"],
        ["env", "describe"],
        ["keys", "create", "dev", "--role", "emperor"],
        ["keys", "create", "dev", "--expires-in", "soon"],
        ["env", "logs", "dev", "--since", "yesterday"],
        ["sessions", "revoke"],
        ["sessions", "revoke", "one", "--others"],
        ["env", "list", "--output", "yaml"],
        ["env", "list", "--url", "ftp://x"],
        ["env", "list", "--url", "http://name:word@host"],
        ["env", "delete", "dev"],
    ],
)
def test_wrong_usage(signed_in: Rcloud, server: Scripted, arguments: list[str]) -> None:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))
    done = signed_in.attempt(*arguments)
    assert done.status == 2, done
    assert [one.method for one in server.asked if one.method != "GET"] == []


def test_several_accounts_and_none_chosen(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account("one"), account("two", "acc_2")))
    done = signed_in.attempt("env", "list")
    assert done.status == 2
    assert "one, two" in done.stderr
    assert "rcloud accounts use NAME" in done.stderr


@pytest.mark.parametrize("answer", [{"things": []}, {"items": [{"name": "x"}], "next": None}, {"items": 1}])
def test_a_plane_that_speaks_another_api(signed_in: Rcloud, server: Scripted, answer: dict[str, object]) -> None:
    server.on("GET /accounts", Answer(body=answer))
    done = signed_in.attempt("env", "list")
    assert (done.status, done.stdout) == (1, "")
    assert "Update rcloud" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c(signed_in: Rcloud, server: Scripted) -> None:
    server.on("POST //oauth2/device_authorization", Answer(body=_device(server)))
    child = signed_in.spawn("login", "--no-browser", "--url", server.url)
    child.expect("Waiting for you")
    child.sendintr()
    child.expect("\n")
    child.wait()
    assert child.exitstatus == 130
    assert "Traceback" not in child.before + child.read()


def _device(server: Scripted) -> dict[str, object]:
    return {
        "device_code": "secret",
        "user_code": "AAAA-BBBB",
        "verification_uri": f"{server.url}/device",
        "expires_in": 600,
        "interval": 5,
    }


def test_the_help_names_every_exit_code(rcloud: Rcloud) -> None:
    assert {int(code) for code in re.findall(r"\b\d+\b", EXIT_CODES)} == {int(code) for code in Exit}
    shown = " ".join(rcloud.run("--help").stdout.split())
    assert "130 interrupted" in shown


def test_an_unreadable_configuration_is_named(rcloud: Rcloud) -> None:
    rcloud.config.parent.mkdir()
    rcloud.config.write_text("broken = ")
    done = rcloud.attempt("whoami")
    assert done.status == 1
    assert str(rcloud.config) in " ".join(done.stderr.split())
    assert Path(rcloud.config).read_text() == "broken = "
