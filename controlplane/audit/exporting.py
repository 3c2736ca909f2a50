"""A chain as JSON lines (https://jsonlines.org), complete enough to be verified without this plane.

First a line of type `export` with the public keys, then events in order, each checkpoint before the row it speaks of,
then a line of type `end`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.orm import Session

from controlplane.audit import checkpoints, repository
from controlplane.audit.canonical import START, canonical, document, instant
from controlplane.audit.models import AuditCheckpoint, AuditKey
from controlplane.core import clock
from controlplane.core.database import transaction

VERSION = 1
_AT_ONCE = 2000


def lines(account_id: str | None, after: int = 0) -> Iterator[bytes]:
    """The rows behind `after` that are not archived, up to the last one there is now."""
    with transaction() as session:
        head = repository.head(session, account_id)
        until, last = (head.sequence, head.hash) if head else (0, START)
        after = max(after, repository.archived(session, account_id))
    yield from part(account_id, after, until, last)


def part(account_id: str | None, after: int, until: int, last: bytes) -> Iterator[bytes]:
    """The rows behind `after` up to `until`, which has the hash `last`.

    A transaction for each batch: a reader who takes hours holds none.
    """
    with transaction() as session:
        yield _line(_first(account_id, after, repository.keys(session)))
    while after < until:
        with transaction() as session:
            batch, reached = _batch(session, account_id, after, min(_AT_ONCE, until - after))
        if reached == after:
            # Rows are missing: whoever reads this is told by the end.
            break
        after = reached
        yield b"".join(map(_line, batch))
    yield _line({"type": "end", "sequence": until, "hash": last.hex()})


def _first(account_id: str | None, after: int, keys: Sequence[AuditKey]) -> dict[str, Any]:
    shown = [
        {"keyId": key.audit_key_id, "publicKey": key.public_key, "createdAt": instant(key.created_at)} for key in keys
    ]
    return {
        "type": "export",
        "version": VERSION,
        "accountId": account_id,
        "after": after,
        "at": instant(clock.now()),
        "keys": shown,
    }


def _batch(session: Session, account_id: str | None, after: int, most: int) -> tuple[list[dict[str, Any]], int]:
    rows = list(repository.links(session, account_id, after, most))
    reached = rows[-1].sequence if rows else after
    signed = {row.sequence: row for row in repository.checkpoints(session, account_id, after, reached)}
    batch = []
    for row in rows:
        batch += _checkpoint(signed.get(row.sequence), account_id)
        batch.append(document(row) | {"hash": row.hash.hex() if row.hash is not None else None})
    return batch, reached


def _checkpoint(row: AuditCheckpoint | None, account_id: str | None) -> list[dict[str, Any]]:
    return [] if row is None else [checkpoints.exported(row, account_id)]


def _line(content: dict[str, Any]) -> bytes:
    return canonical(content) + b"\n"
