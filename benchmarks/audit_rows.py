"""Run beside a plane, fills a chain and verifies it. Arguments: rows, rounds; prints `{"seconds": [...]}`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from controlplane.audit import verification
from controlplane.audit.canonical import START, digest, document
from controlplane.audit.models import AuditEvent
from controlplane.core.database import engine, transaction

_COLUMNS = [column.name for column in AuditEvent.__table__.columns if column.name != "number"]


def main(rows: int, rounds: int) -> None:
    """Raises `SystemExit` when the chain it has written is not intact."""
    account_id = f"acc_{uuid4().hex[:27]}"
    _fill(account_id, rows)
    seconds = []
    for _ in range(rounds):
        started = time.monotonic()
        with transaction() as session:
            verdict = verification.verify(session, account_id)
        seconds.append(time.monotonic() - started)
        if verdict.finding is not None or verdict.rows != rows:
            raise SystemExit(f"{verdict.rows} rows, {verdict.finding}")
    print(json.dumps({"seconds": seconds}))


def _fill(account_id: str, rows: int) -> None:
    connection = engine().raw_connection()
    cursor: Any = connection.cursor()
    cursor.execute("SET statement_timeout = 0")
    last = START
    with cursor.copy(f"COPY audit_event ({', '.join(_COLUMNS)}) FROM STDIN") as copy:
        for event in _events(account_id, rows):
            last = event.hash or last
            values = (getattr(event, name) for name in _COLUMNS)
            copy.write_row([json.dumps(value) if isinstance(value, dict) else value for value in values])
    cursor.execute("INSERT INTO audit_head VALUES (%s, %s, %s)", (account_id, rows, last))
    cursor.execute("ANALYZE audit_event")
    connection.commit()
    connection.close()


def _events(account_id: str, rows: int) -> Iterator[AuditEvent]:
    previous, begin = START, datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, rows + 1):
        event = AuditEvent(
            audit_event_id=f"aud_{account_id[4:14]}{number:017}",
            account_id=account_id,
            actor=f"usr_{number % 50:027}",
            credential=f"tok_{number % 50:027}",
            action="engine.invocation.kill",
            target=f"env_{number % 7:027}",
            address="192.0.2.1",
            user_agent="restate-cli/1.7.12",
            request_id=f"{number:032x}",
            result="ok",
            details={"method": "PATCH", "path": f"/invocations/inv_{number:034}/kill", "status": 202},
            at=begin + timedelta(seconds=number),
            sequence=number,
            previous_hash=previous,
        )
        event.hash = previous = digest(document(event))
        yield event


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
