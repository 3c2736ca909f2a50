"""What is printed: documents for programs, tables for people, nothing that a terminal would obey."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcloud.errors import Usage
from rcloud.settings import expiry, is_private, origin
from rcloud.text import clean, duration, moment, short_time
from tests.rcloud.scripted import Answer, Scripted, account, environment, page
from tests.support.rcloud import Rcloud

HOSTILE = "\x1b]0;owned\x07 [red]x[/red] \x9b2J a\r\nb \u202egnp.exe"


@given(st.text())
def test_a_cleaned_text_holds_nothing_that_is_obeyed(text: str) -> None:
    shown = clean(text)
    assert all(c.isprintable() or c in "\t\n" or not c.isascii() for c in shown)
    assert not set(shown) & {"\x1b", "\x9b", "\x7f", "\u202e", "\u2066"}


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"])))
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


def test_names_of_others_do_not_reach_the_terminal_as_commands(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account(HOSTILE)))
    shown = signed_in.run("accounts", "list").stdout
    assert "\\x1b]0;owned\\x07 [red]x[/red] \\x9b2J a\\x0d b \\u202egnp.exe" in shown
    raw = signed_in.run("accounts", "list", "-o", "json")
    assert not set(raw.stdout) & {"\x1b", "\x9b", "\x07"}
    assert raw.json["items"][0]["name"] == HOSTILE
    server.answers.clear()
    server.on("GET /accounts", Answer(403, {"code": "x", "message": HOSTILE}))
    assert "\x1b" not in signed_in.attempt("accounts", "list").stderr


def test_a_locale_without_these_letters(server: Scripted, tmp_path: Path) -> None:
    name = "zürich ✓ \ud800"
    server.on("GET /accounts", page(account(name)))
    old = Rcloud(tmp_path, {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    old.sign_in("e30.e30.s", server.url)
    done = subprocess.run(
        [*old.argv, "accounts", "list", "-o", "json"], env=old.env, capture_output=True, timeout=60, check=True
    )
    assert json.loads(done.stdout.decode("ascii"))["items"][0]["name"] == name
    table = subprocess.run([*old.argv, "accounts", "list"], env=old.env, capture_output=True, timeout=60, check=True)
    assert b"z\xfcrich \\u2713 \\ud800" in table.stdout


def test_a_reader_that_goes_away_is_no_error_with_a_traceback(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(*(account("a" * 39, f"acc_{n}") for n in range(5000))))
    line = f"{' '.join(signed_in.argv)} accounts list | head -1"
    done = subprocess.run(["sh", "-c", line], env=signed_in.env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split()[:2] == ["NAME", "ID"]
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


@pytest.mark.parametrize("output", ["table", "json"])
def test_output_that_cannot_be_written(signed_in: Rcloud, server: Scripted, output: str) -> None:
    server.on("GET /accounts", page(account()))
    line = f"{' '.join(signed_in.argv)} accounts list -o {output} > /dev/full"
    done = subprocess.run(
        ["sh", "-c", line], env=signed_in.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        "Error: The output cannot be written: No space left on device.",
    )
    assert "Exception" not in done.stderr


def test_nobody_has_opened_its_streams(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    line = f"{' '.join(signed_in.argv)} accounts list <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], env=signed_in.env, timeout=60, check=False).returncode == 0


def test_a_table_that_is_piped_has_one_line_for_each_row(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(*(account("a" * 39, f"acc_{n}") for n in range(5))))
    lines = signed_in.run("accounts", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["a" * 39, f"acc_{n}"] for n in range(5)]
    assert all(line == line.rstrip() for line in lines)


def test_a_terminal_gets_colours_unless_it_says_no(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    server.on("GET /accounts/acc_1/environments", page(environment()))

    def seen() -> str:
        child = signed_in.spawn("env", "list")
        text = str(child.read())
        child.wait()
        return text

    assert "\x1b[32mACTIVE" in seen()
    signed_in.env["NO_COLOR"] = "1"
    assert "\x1b[32m" not in seen()


def test_quiet_says_nothing_but_what_was_asked_for(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page())
    done = signed_in.run("accounts", "list", "--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    assert "no account yet" in signed_in.run("accounts", "list").stderr


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://plane.example.com/", "https://plane.example.com"),
        ("https://plane.example.com:443/x?y", "https://plane.example.com"),
        ("http://plane:8000", "http://plane:8000"),
        ("plane.example.com", "https://plane.example.com"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        (" https://PLANE.example.com ", "https://plane.example.com"),
    ],
)
def test_an_address_becomes_an_origin(given: str, expected: str) -> None:
    assert origin(given) == expected
    assert origin(origin(given)) == expected


@pytest.mark.parametrize(
    "given",
    ["", "ftp://x", "http://", "https://a:b@c", "http://x:port", "https://@x", "::", "a b", "a..b", f"{'a' * 64}.b"],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(Usage):
        origin(given)


def test_unencrypted_ways_are_told() -> None:
    assert is_private("https://plane.example.com")
    assert is_private("http://127.0.0.1:8000")
    assert not is_private("http://plane.example.com")


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.!.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"])
def test_a_token_of_another_shape_has_no_known_end(token: str) -> None:
    assert expiry(token) is None


def test_times_and_durations() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert [duration(text).total_seconds() for text in ("90s", "30m", "2h", "1d", "1w")] == [
        90, 1800, 7200, 86400, 604800,
    ]  # fmt: skip
    assert moment("15m", now) == "2026-01-31T11:45:00.000000Z"
    assert moment("2026-01-31T13:00:00+02:00", now) == "2026-01-31T11:00:00.000000Z"
    assert short_time("2026-01-31T13:00:59.123+02:00") == "2026-01-31 11:00Z"
    for wrong in ("", "5", "m5", "-5m", "5y", "1.5h", "999999w"):
        with pytest.raises(Usage):
            duration(wrong)
        with pytest.raises(Usage):
            moment(wrong, now)
    with pytest.raises(Usage):
        moment("0001-01-01T00:00:00+14:00", now)
