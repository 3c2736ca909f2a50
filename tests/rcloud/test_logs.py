"""`rcloud env logs`: whole lines, whatever they hold, and a following that survives a lost connection."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from rcloud.events import Event, events
from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

LOGS = "/accounts/acc_1/environments/env_1/logs"
END = 'event: end\ndata: {"code": "not_found", "message": "It is gone."}\n\n'


@pytest.fixture(autouse=True)
def home(server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))


def line(text: str, level: str = "INFO") -> dict[str, object]:
    return {"at": "2026-01-01T00:00:00Z", "unixNanos": 1, "level": level, "source": "engine", "line": text}


def event(number: int, text: str) -> str:
    return f"id: {number}\ndata: {json.dumps(line(text), ensure_ascii=False)}\n\n"


def test_lines_are_shown_without_their_colours_and_commands(signed_in: Rcloud, server: Scripted) -> None:
    given = line("\x1b[31mred\x1b[0m \x1b[2J", "WARN")
    server.on(f"GET {LOGS}", Answer(200, json.dumps(given) + "\n"))
    assert signed_in.run("env", "logs", "dev").stdout == "2026-01-01T00:00:00Z WARN  red \\x1b[2J\n"
    assert json.loads(signed_in.run("env", "logs", "dev", "-o", "json").stdout) == given


def test_the_engines_own_json_becomes_a_sentence(signed_in: Rcloud, server: Scripted) -> None:
    said = {"target": "restate_worker", "fields": {"message": "Became leader", "epoch": "e2"}, "span": {"name": "run"}}
    given = [line(json.dumps(said)), line('{"fields": 1}'), line('{"fields": {}, "target": "x"}'), line("[1]")]
    server.on(f"GET {LOGS}", Answer(200, "".join(json.dumps(one) + "\n" for one in given)))
    shown = [text.split(" ", 3)[3] for text in signed_in.run("env", "logs", "dev").stdout.splitlines()]
    assert shown == ["restate_worker: Became leader epoch=e2", *(str(one["line"]) for one in given[1:])]


def test_a_line_of_the_edge_is_told_once(signed_in: Rcloud, server: Scripted) -> None:
    said = {
        "message": "GET /x 401: No.",
        "status": 401,
        "method": "GET",
        "path": "/x",
        "reason": "No.",
        "client": "::1",
    }
    given = line(json.dumps({"target": "edge", "fields": said}), "WARN") | {"source": "edge"}
    server.on(f"GET {LOGS}", Answer(200, json.dumps(given) + "\n"))
    shown = signed_in.run("env", "logs", "dev", "--source", "edge").stdout
    assert shown == "2026-01-01T00:00:00Z WARN  edge: GET /x 401: No. client=::1\n"
    assert server.to(LOGS)[0].query == {"source": ["edge"]}


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\r"])
def test_a_line_with_another_kind_of_line_end_inside(signed_in: Rcloud, server: Scripted, separator: str) -> None:
    given = [line(f"one{separator}two"), line("three")]
    body = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in given)
    server.on(f"GET {LOGS}", Answer(200, body))
    shown = signed_in.run("env", "logs", "dev", "-o", "json").stdout
    assert [json.loads(text) for text in shown.split("\n") if text] == given


def test_what_is_asked_for(signed_in: Rcloud, server: Scripted) -> None:
    server.on(f"GET {LOGS}", Answer(200, ""))
    signed_in.run("env", "logs", "dev", "--since", "2m", "--until", "2026-01-31T13:00:00+02:00", "--limit", "5")
    signed_in.run("env", "logs", "dev", "--level", "warn", "--text", "a b&c")
    first, second = server.to(LOGS)
    since = datetime.fromisoformat(first.query.pop("since")[0])
    assert timedelta(minutes=2) <= datetime.now(UTC) - since < timedelta(minutes=5)
    assert first.query == {"until": ["2026-01-31T11:00:00.000000Z"], "limit": ["5"]}
    assert second.query == {"level": ["warn"], "text": ["a b&c"]}
    assert first.headers["accept"] == "application/x-ndjson"


def test_following_goes_on_after_a_lost_connection(signed_in: Rcloud, server: Scripted) -> None:
    server.on(
        f"GET {LOGS}",
        Answer(200, "retry: 2000\n\n: quiet\n\n" + event(7, "one") + event(8, "two\u2028")),
        Answer(503, {"code": "busy", "message": "Busy."}),
        Answer(200, event(9, "three") + END),
    )
    done = signed_in.attempt("env", "logs", "dev", "--follow")
    assert [text.split()[-1] for text in done.stdout.splitlines() if text] == ["one", "two", "three"]
    assert done.status == 1
    assert "It is gone." in done.stderr
    asked = server.to(LOGS)
    assert [one.headers.get("last-event-id") for one in asked] == [None, "8", "8"]
    assert {one.headers["accept"] for one in asked} == {"text/event-stream"}
    assert asked[0].query == {"follow": ["true"]}


def test_following_ends_when_the_login_does(signed_in: Rcloud, server: Scripted) -> None:
    body = 'event: end\ndata: {"code": "unauthenticated", "message": "Your session is over."}\n\n'
    server.on(f"GET {LOGS}", Answer(200, body))
    done = signed_in.attempt("env", "logs", "dev", "--follow")
    assert done.status == 3
    assert "rcloud login" in done.stderr


def test_what_is_no_log_is_said_to_be_none(signed_in: Rcloud, server: Scripted) -> None:
    server.on(f"GET {LOGS}", Answer(200, "<html>\n"))
    assert "is not a plane" in signed_in.attempt("env", "logs", "dev").stderr


def test_events_as_the_standard_has_them() -> None:
    text = ": hi\nid: 1\nevent: x\ndata: a\ndata:b\n\ndata\n\ndata: c: d\n\ndata: unfinished"
    assert list(events(text.split("\n"))) == [Event("x", "a\nb", "1"), Event("message", "c: d", "1")]
