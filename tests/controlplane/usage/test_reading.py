"""Who reads usage, and what of: over time, by account and day, the last hour, as JSON and CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from controlplane.auth import Principal, Role
from controlplane.core.database import engine
from controlplane.core.errors import NotFound
from controlplane.usage import service
from controlplane.usage.models import UsageDay, UsageHour
from controlplane.usage.schemas import Step
from tests.controlplane.people import Person, SignedUp
from tests.controlplane.usage.conftest import Tell, made, minute

NOW = datetime.now(UTC)


def row(path: str, at: datetime, **figures: Any) -> dict[str, Any]:
    usual = {
        "requests": 1, "errors": 0, "invocations": 0, "completed_invocations": 0, "failed_attempts": 0,
        "engine_seconds": 3600,
    }  # fmt: skip
    return {"environment_id": path.rpartition("/")[2], "at": at, **usual, **figures}


def test_hours_and_days_are_made_of_all_there_is(ada: Person, path: str, tell: Tell, session: Session) -> None:
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    session.add(UsageDay(**row(path, today - timedelta(days=3), requests=7, p50_ms=2.0)))
    session.add(UsageHour(**row(path, hour - timedelta(hours=30), requests=10)))
    session.flush()
    tell(requests=5, p50Ms=3.0, storageBytes=10)
    by_day = ada.get(f"{path}/usage?step=day").json()
    assert sum(item["requests"] for item in by_day["items"]) == 22
    assert [item["at"] for item in by_day["items"]] == sorted(item["at"] for item in by_day["items"])
    by_hour = ada.get(f"{path}/usage?step=hour&since=2d").json()["items"]
    assert [item["requests"] for item in by_hour] == [10, 5]
    assert by_hour[-1]["storageBytes"] == 10


def test_latencies_of_a_longer_step_are_weighted_by_requests(ada: Person, path: str, session: Session) -> None:
    hour = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    for number, (requests, p50, p99) in enumerate([(90, 1.0, 2.0), (10, 11.0, 50.0), (0, None, None)]):
        at = hour.replace(hour=number)
        session.add(UsageHour(**row(path, at, requests=requests, p50_ms=p50, p99_ms=p99)))
    session.flush()
    (item,) = ada.get(f"{path}/usage?step=day").json()["items"]
    assert (item["requests"], item["p50Ms"], item["p99Ms"], item["engineSeconds"]) == (100, 2.0, 50.0, 3 * 3600)


def test_an_account_sees_all_its_environments_by_day(
    ada: Person, account: str, path: str, tell: Tell, session: Session
) -> None:
    other = made(ada, account, "other")
    tell(requests=5)
    tell(environmentId=other.rpartition("/")[2], requests=6)
    session.add(UsageDay(**row(path, datetime(2026, 2, 28, tzinfo=UTC), requests=7)))
    session.add(UsageDay(**row(path, datetime(2026, 3, 1, tzinfo=UTC), requests=8)))
    session.flush()
    items = ada.get(f"/accounts/{account}/usage?since=1d").json()["items"]
    assert {(item["name"], item["requests"], item["destroyed"]) for item in items} == {
        ("dev", 5, False),
        ("other", 6, False),
    }
    answer = ada.get(f"/accounts/{account}/usage?month=2026-02").json()
    assert (answer["since"], answer["until"]) == ("2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z")
    assert [item["requests"] for item in answer["items"]] == [7]


def test_the_last_hour_of_all_environments_takes_one_query(
    ada: Person, account: str, path: str, tell: Tell, session: Session
) -> None:
    others = [made(ada, account, f"other-{number}") for number in range(4)]
    for other in others:
        tell(ago=2, environmentId=other.rpartition("/")[2], requests=6, errors=1, p50Ms=2.5)
    tell(ago=57, requests=3)
    # A runner's clock may be ahead.
    tell(ago=-1, requests=9)
    asked: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", count)
    try:
        answer = ada.get(f"/accounts/{account}/usage/recent").json()
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert len([statement for statement in asked if "usage_" in statement]) == 1
    by_id = {item["environmentId"]: item for item in answer["items"]}
    assert len(by_id) == 5
    one = by_id[others[0].rpartition("/")[2]]
    assert [len(one[name]) for name in ("requests", "errors", "p50Ms")] == [60, 60, 60]
    assert 9 not in by_id[path.rpartition("/")[2]]["requests"]
    at = datetime.fromisoformat(answer["since"]) + timedelta(minutes=one["requests"].index(6))
    assert at == datetime.fromisoformat(minute(2))
    assert (sum(one["errors"]), [p50 for p50 in one["p50Ms"] if p50]) == (1, [2.5])


def test_csv_has_the_same_figures(ada: Person, account: str, path: str, tell: Tell) -> None:
    tell(requests=5, p50Ms=1.5)
    for url in (f"{path}/usage", f"/accounts/{account}/usage"):
        items = ada.get(url).json()["items"]
        for answer in (ada.get(f"{url}?format=csv"), ada.get(url, headers={**ada.headers, "accept": "text/csv"})):
            assert answer.headers["content-type"].startswith("text/csv")
            assert "attachment" in answer.headers["content-disposition"]
            (found,) = csv.DictReader(io.StringIO(answer.text))
            shown = {name: "" if value is None else str(value) for name, value in items[0].items()}
            assert found == shown | ({"destroyed": "false"} if "destroyed" in shown else {})


@pytest.mark.parametrize("role", Role)
def test_every_member_reads_and_no_stranger(
    ada: Person, account: str, path: str, tell: Tell, signed_up: SignedUp, role: Role
) -> None:
    tell(requests=5)
    urls = (f"{path}/usage", f"/accounts/{account}/usage", f"/accounts/{account}/usage/recent")
    bob, eve = signed_up("bob").joins(account, role), signed_up("eve")
    for url in urls:
        assert len(bob.get(url).json()["items"]) == 1
        assert eve.get(url).status_code == 404
    # Nor by naming it below an account of one's own.
    own = eve.account()
    assert eve.get(f"/accounts/{own}/environments/{path.rpartition('/')[2]}/usage").status_code == 404
    assert eve.get(f"/accounts/{own}/usage").json()["items"] == []


@pytest.mark.parametrize(
    "query",
    ["since=1h&until=2h", "step=week", "month=2026-13", "month=2026-1", "since=500d&step=day", "since=yesterday"],
)
def test_what_is_asked_wrongly_is_explained(ada: Person, account: str, path: str, query: str) -> None:
    url = f"/accounts/{account}/usage?{query}" if "month" in query else f"{path}/usage?{query}"
    answer = ada.get(url)
    assert answer.status_code == 422, answer.text
    assert answer.json()["details"]["errors"][0]["message"]
    assert ada.get(f"/accounts/{account}/usage?month=2026-01&since=1d").status_code == 422


def test_a_job_let_into_one_environment_reads_of_no_other(
    ada: Person, account: str, path: str, tell: Tell, session: Session
) -> None:
    other = made(ada, account, "other")
    tell(requests=5)
    tell(environmentId=other.rpartition("/")[2], requests=6)
    memberships = {account: Role.DEVELOPER}
    job = Principal("rule_1", "", "wtk_1", memberships, session_kind="workload", environment_id=path.rpartition("/")[2])
    now = datetime.now(UTC) + timedelta(minutes=1)
    rows = service.of_account(session, job, account, now - timedelta(days=1), now)
    assert [row.requests for row in rows] == [5]
    assert [item.environment_id for item in service.recent(session, job, account)[1]] == [job.environment_id]
    with pytest.raises(NotFound):
        service.of_environment(session, job, account, other.rpartition("/")[2], Step.HOUR, now - timedelta(days=1), now)
