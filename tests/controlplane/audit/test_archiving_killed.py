"""`archive` and `restore` killed before each of their steps: nothing lost, nothing twice, and run again they finish."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from controlplane.audit import archiving, files, repository, verification, written
from controlplane.core import clock, database
from controlplane.core.database import transaction
from tests.controlplane.audit.keeping import ACCOUNT, record
from tests.support.waiting import until

ROWS = 4
FUNCTIONS = {
    archiving.__file__: ("archive", "_take_out", "restore", "_take_in"),
    written.__file__: ("begun", "save", "finish"),
}
Step = Callable[[], object]
_IDLE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
_WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
    "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)


@dataclass
class Kill:
    """SIGKILL to this process before the line `left` of those that are watched, from 1.

    Of commits, only those from the one on that decides.
    """

    left: int
    decided: bool = False

    def __call__(self, frame: FrameType, event: str, _: object) -> Kill | None:
        code = frame.f_code
        if event == "call":
            self.decided = self.decided or code.co_name in ("_take_out", "_take_in")
            if code is database.commit.__code__:
                return self if self.decided else None
            return self if code.co_name in FUNCTIONS.get(code.co_filename, ()) else None
        if event == "line":
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def killed(do: Step, at: int) -> bool:
    """Whether another process was killed before its step `at`; false where it had ended."""
    child = os.fork()
    if not child:
        code = 1
        try:
            # The connections are this process's own.
            database.engine().dispose(close=False)
            sys.settrace(Kill(at))
            do()
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


@pytest.fixture
def known(committed: sessionmaker[Session], configured: Callable[..., None]) -> list[str]:
    """Hashes of the first rows, which a checkpoint vouches for."""
    configured(audit_checkpoint_minutes=0)
    record(ROWS)
    return [event["hash"].hex() for event in rows()]


def rows() -> list[dict[str, Any]]:
    with transaction() as session:
        return [row._asdict() for row in repository.links(session, ACCOUNT, 0)]


def held(directory: Path, known: list[str]) -> int:
    """How many rows are archived. Every row is where the record says, and nowhere else, and none has changed."""
    with transaction() as session:
        verdict = verification.verify(session, ACCOUNT)
    assert verdict.finding is None
    kept = {row["sequence"]: row["hash"].hex() for row in rows()}
    assert list(kept) == list(range(verdict.archived + 1, verdict.sequence + 1))
    if verdict.archived:
        with (directory / f"audit-{ACCOUNT}-1-{verdict.archived}.jsonl").open() as lines:
            filed = files.verify(lines)
        assert (filed.finding, filed.rows, filed.sequence) == (None, verdict.archived, verdict.archived)
    else:
        assert [kept[place] for place in range(1, len(known) + 1)] == known
    return verdict.archived


def test_before_each_step(known: list[str], tmp_path: Path) -> None:
    at, going_on = 0, True
    while going_on:
        at += 1
        directory = tmp_path / str(at)
        directory.mkdir()
        going_on = killed(lambda: archiving.archive(ACCOUNT, clock.now(), directory), at)  # noqa: B023
        held(directory, known)
        archiving.archive(ACCOUNT, clock.now(), directory)
        archived = held(directory, known)
        assert archived >= ROWS
        assert [path.name for path in directory.iterdir()] == [f"audit-{ACCOUNT}-1-{archived}.jsonl"]
        (file,) = directory.iterdir()
        going_on = killed(lambda: archiving.restore(file), at) or going_on  # noqa: B023
        held(directory, known)
        archiving.restore(file)
        assert held(directory, known) == 0

    assert at > 30


def test_rows_that_are_restored_while_the_next_ones_are_archived_leave_no_gap(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archiving.archive(ACCOUNT, clock.now(), tmp_path)
    (file,) = tmp_path.iterdir()
    record(1)
    check = archiving._check

    def restored_meanwhile(*arguments: Any) -> None:
        check(*arguments)
        archiving.restore(file)

    monkeypatch.setattr(archiving, "_check", restored_meanwhile)
    with pytest.raises(archiving.NotArchived, match="meanwhile; nothing was deleted"):
        archiving.archive(ACCOUNT, clock.now(), tmp_path)
    assert held(tmp_path, known) == 0


def test_who_restores_waits_for_who_archives(known: list[str], tmp_path: Path) -> None:
    archiving.archive(ACCOUNT, clock.now(), tmp_path)
    (file,) = tmp_path.iterdir()
    with ThreadPoolExecutor(1) as pool, transaction() as session:
        repository.lock_archives(session, ACCOUNT)
        restoring = pool.submit(archiving.restore, file)
        until(lambda: session.scalar(text(_WAITING)))
        assert not restoring.done()
        session.commit()
        restoring.result(30)
    assert held(tmp_path, known) == 0


def test_no_transaction_waits_while_a_file_is_read(
    known: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends those that idle for half a minute, and a file may be long."""
    read, idle = files.verify, list[int | None]()

    def watched(*arguments: Any) -> Any:
        with transaction() as session:
            idle.append(session.scalar(text(_IDLE)))
        return read(*arguments)

    monkeypatch.setattr(files, "verify", watched)
    archiving.archive(ACCOUNT, clock.now(), tmp_path)
    archiving.restore(next(tmp_path.iterdir()))
    assert idle == [0, 0]


def test_two_that_restore_at_once_restore_once(known: list[str], tmp_path: Path) -> None:
    archiving.archive(ACCOUNT, clock.now(), tmp_path)
    (file,) = tmp_path.iterdir()
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(archiving.restore, file) for _ in range(4)]
    assert all(one.exception() is None or isinstance(one.exception(), archiving.NotArchived) for one in done)
    assert not all(one.exception() for one in done)
    assert held(tmp_path, known) == 0
    assert [row["action"] for row in rows()].count("audit.restore") == 1
