"""`rcloud usage`: figures for people, the API's document, and CSV as it comes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rcloud.scripted import Answer, Scripted, account, page
from tests.support.rcloud import Rcloud

ITEM: dict[str, Any] = {
    "at": "2027-01-31T12:00:00.000Z", "requests": 1200, "errors": 3, "p50Ms": 4.24, "p99Ms": None, "invocations": 1450,
    "completedInvocations": 1449, "failedAttempts": 2, "engineSeconds": 5400, "storageBytes": 95420416,
}  # fmt: skip
OF_DEV = ITEM | {"environmentId": "env_1", "name": "dev", "destroyed": False}
USAGE, DEV = "/accounts/acc_1/usage", "/accounts/acc_1/environments/env_1/usage"


@pytest.fixture(autouse=True)
def home(server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    found = {"environmentId": "env_1", "accountId": "acc_1", "name": "dev"}
    server.on("GET /accounts/acc_1/environments", page(found))


def test_an_account_by_day(server: Scripted, signed_in: Rcloud) -> None:
    server.on(f"GET {USAGE}", Answer(body={"items": [OF_DEV, OF_DEV | {"name": "old", "destroyed": True}]}))
    done = signed_in.run("usage", "--month", "2027-01")
    assert server.to(USAGE)[0].query == {"month": ["2027-01"]}
    first, second = done.stdout.splitlines()[1:]
    assert first.split() == "2027-01-31 dev 1200 3 4.2 ms – 1450 1.50 h 91.0 MiB".split()  # noqa: SIM905
    assert "old (destroyed)" in second


def test_one_environment_over_time(server: Scripted, signed_in: Rcloud) -> None:
    server.on(f"GET {DEV}", Answer(body={"step": "minute", "items": [ITEM]}))
    done = signed_in.run("usage", "--env", "dev", "--since", "2h", "--step", "minute", "-o", "json")
    assert json.loads(done.stdout) == {"step": "minute", "items": [ITEM]}
    query = server.to(DEV)[0].query
    assert query["step"] == ["minute"]
    assert set(query) == {"since", "step"}


def test_csv_is_what_the_plane_says(server: Scripted, signed_in: Rcloud) -> None:
    server.on(f"GET {USAGE}", Answer(body="environmentId,name\r\nenv_1,dev\r\n"))
    assert signed_in.run("usage", "--output", "csv").stdout == "environmentId,name\nenv_1,dev\n"
    assert server.to(USAGE)[0].headers["accept"] == "text/csv"


def test_nothing_known_is_said(server: Scripted, signed_in: Rcloud) -> None:
    server.on(f"GET {USAGE}", Answer(body={"items": []}))
    done = signed_in.run("usage")
    assert done.stdout == ""
    assert "no engine ran" in done.stderr


@pytest.mark.parametrize(
    "wrong", [["--step", "hour"], ["--month", "2027-01", "--env", "dev"], ["--month", "2027-01", "--since", "1d"]]
)
def test_what_does_not_go_together_is_explained(signed_in: Rcloud, wrong: list[str]) -> None:
    done = signed_in.attempt("usage", *wrong)
    assert (done.status, done.stdout) == (2, "")
    assert "→" in done.stderr
