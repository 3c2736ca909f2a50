"""The edge's own copy of its tables, so that it goes on without the control plane.

SQLite in WAL mode: one transaction for the changes and their sequence number, so that a `kill -9`
leaves both or neither. Only digests of credentials are in it; the digest key is, so the file is 0600.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from envrunner.edge import compact
from envrunner.edge.compact import Pair

Change = Mapping[str, Any]
Value = Any
Route = Mapping[str, Any]

_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (name TEXT, key TEXT, value TEXT, PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slots (label TEXT PRIMARY KEY, slot INTEGER UNIQUE);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT);
CREATE INDEX IF NOT EXISTS expiring ON entries (substr(json_extract(value, '$.expiresAt'), 1, 19))
  WHERE name = 'principals' AND json_extract(value, '$.expiresAt') IS NOT NULL;
"""
_EXPIRED = """
SELECT key FROM entries WHERE name = 'principals' AND json_extract(value, '$.expiresAt') IS NOT NULL
  AND substr(json_extract(value, '$.expiresAt'), 1, 19) < ? LIMIT ?
"""


class Tables:
    """Used by one thread at a time. ``epoch`` names the snapshot that ``sequence`` counts on from."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=_BUSY_SECONDS)
        _use_wal(self._db)
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    @property
    def sequence(self) -> int | None:
        """The last change applied; None before the first snapshot."""
        value = self._meta("sequence")
        return None if value is None else int(value)

    @property
    def epoch(self) -> str:
        """Changes with every snapshot, and when entries are written otherwise; empty before the first snapshot."""
        epoch = self._meta("epoch")
        return f"{epoch}.{compact.FORM}" if epoch else ""

    @property
    def next_slot(self) -> int:
        """Slot numbers only grow: a number once given never leads to another environment's sockets."""
        return int(self._meta("next_slot") or 1)

    def skip_slots(self, first: int) -> None:
        """Give out no number below ``first`` any more."""
        self._note("next_slot", max(first, self.next_slot))

    def slots(self) -> dict[str, int]:
        """label → slot of every environment that is not deleted."""
        return dict(self._db.execute("SELECT label, slot FROM slots ORDER BY slot"))

    def change_slot(self, label: str) -> list[Pair]:
        """Give an environment a slot that nobody has used; returns what nginx must hear, nothing when it has none."""
        with self._transaction():
            route = self.routes().get(label)
            self._db.execute("DELETE FROM slots WHERE label = ?", (label,))
            return list(compact.route(label, route, self._settle_slot(label, route))) if route else []

    def routes(self) -> dict[str, Route]:
        """label → route."""
        rows = self._db.execute("SELECT key, value FROM entries WHERE name = 'routes'")
        return {key: json.loads(value) for key, value in rows}

    def entries(self) -> Iterator[tuple[str, str, Value]]:
        """Table, key and value of everything."""
        for name, key, value in self._db.execute("SELECT name, key, value FROM entries"):
            yield name, key, json.loads(value)

    def replace(self, sequence: int, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Take a snapshot in place of everything."""
        rows = [(name, key, json.dumps(value)) for name, table in tables.items() for key, value in table.items()]
        with self._transaction():
            self._db.execute("DELETE FROM entries")
            self._db.executemany("INSERT INTO entries VALUES (?, ?, ?)", rows)
            routes = tables.get("routes", {})
            for label in sorted(self.slots().keys() | routes.keys()):
                self._settle_slot(label, routes.get(label))
            self._note("sequence", sequence)
            self._note("epoch", secrets.token_hex(8))

    def apply(self, sequence: int, changes: Iterable[Change]) -> list[Pair]:
        """Apply changes in order; returns what nginx must hear."""
        pairs: list[Pair] = []
        with self._transaction():
            for change in changes:
                pairs += self._apply(change["table"], change["key"], change["value"])
            self._note("sequence", sequence)
        return pairs

    def expired(self, before: datetime, most: int) -> list[str]:
        """Digests of at most so many credentials that expired before then; nobody else tells the edge of their end."""
        rows = self._db.execute(_EXPIRED, (before.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), most))
        return [key for (key,) in rows]

    def forget(self, digests: Iterable[str]) -> None:
        """Hold these credentials no longer."""
        with self._transaction():
            self._db.executemany(
                "DELETE FROM entries WHERE name = 'principals' AND key = ?", [(one,) for one in digests]
            )

    def pairs(self) -> Iterator[Pair]:
        """Everything nginx should hold."""
        slots = self.slots()
        for name, key, value in self._db.execute("SELECT name, key, value FROM entries ORDER BY name DESC"):
            yield from _pairs(name, key, json.loads(value), slots.get(key, 0))

    def _apply(self, name: str, key: str, value: Value) -> Iterator[Pair]:
        gone = self._ports(key) if name == "routes" else set()
        if value is None:
            self._db.execute("DELETE FROM entries WHERE name = ? AND key = ?", (name, key))
        else:
            self._db.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", (name, key, json.dumps(value)))
        slot = self._settle_slot(key, value) if name == "routes" else 0
        if gone:
            taken = {port for route in self.routes().values() for port in compact.ports_of(route)}
            yield from ((f":{port}", None) for port in gone - taken)
        yield from _pairs(name, key, value, slot)

    def _ports(self, label: str) -> set[int]:
        row = self._db.execute("SELECT value FROM entries WHERE name = 'routes' AND key = ?", (label,)).fetchone()
        return set(compact.ports_of(json.loads(row[0]))) if row else set()

    def _settle_slot(self, label: str, route: Route | None) -> int:
        if route is None or route.get("status") not in compact.STATUSES:
            self._db.execute("DELETE FROM slots WHERE label = ?", (label,))
            return 0
        row = self._db.execute("SELECT slot FROM slots WHERE label = ?", (label,)).fetchone()
        if row:
            return int(row[0])
        slot = self.next_slot
        self._db.execute("INSERT INTO slots VALUES (?, ?)", (label, slot))
        self._note("next_slot", slot + 1)
        return slot

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def _note(self, key: str, value: int | str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, str(value)))

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db)


def _use_wal(db: sqlite3.Connection) -> None:
    """SQLite's own time-out does not cover two first openings at once: each wants the file for itself to change it."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def open_tables(path: Path) -> Tables:
    """The copy at ``path``. One that is damaged is put aside: a snapshot brings everything back."""
    try:
        return Tables(path)
    except sqlite3.OperationalError:
        # A full disk or a lock, not damage: the edge may need this copy for as long as the control plane is away.
        raise
    except sqlite3.DatabaseError:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(name).replace(path.with_name(f"unreadable-{name}"))
        return Tables(path)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when the block raises."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")


def _pairs(name: str, key: str, value: Value, slot: int) -> Iterator[Pair]:
    if name == "routes":
        yield from compact.route(key, value, slot)
    elif name == "principals":
        yield from compact.principal(key, value)
    elif name == "members":
        yield from compact.member(key, value)
    elif (name, key) == ("settings", "digestKey"):
        yield from compact.digest_key(value)
