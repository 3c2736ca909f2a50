"""Old rows go into a file that is an export, and come back from it. The chain goes on across both.

Nothing is deleted before the file is on the disk and has been verified as anybody would; a kill at any instruction
leaves either the rows, or the file and the signed record of it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from controlplane.audit import (
    archives,
    checkpoints,
    exporting,
    files,
    repository,
    service,
    signing,
    verification,
    written,
)
from controlplane.audit.canonical import chain_of
from controlplane.audit.examining import Finding
from controlplane.audit.models import AuditArchive, AuditCheckpoint, AuditEvent
from controlplane.audit.verification import Verdict
from controlplane.core.database import transaction

_AT_ONCE = 1000


class NotArchived(Exception):
    """Nothing was changed; the text says why."""


@dataclass(frozen=True)
class Archived:
    """The rows `first` to `last` are in `path`."""

    account_id: str | None
    first: int
    last: int
    path: Path


def archive(account_id: str | None, before: datetime, directory: Path) -> Archived | None:
    """Rows that a checkpoint from before `before` vouches for; null where there are none.

    Raises `NotArchived`, OSError.
    """
    with transaction() as session:
        verdict = verification.verify(session, account_id)
        if verdict.finding is not None:
            raise NotArchived(f"{chain_of(account_id)} is not intact: {verdict.finding.message}")
        until, first = repository.last_checkpoint(session, account_id, before), verdict.archived + 1
    if until is None or until.sequence < first:
        return None
    path = directory / f"audit-{chain_of(account_id)}-{first}-{until.sequence}.jsonl"
    written.sweep(directory, f"audit-{chain_of(account_id)}-*")
    with written.begun(path) as file:
        file.writelines(exporting.part(account_id, first - 1, until.sequence, until.hash))
        written.save(file)
        _check(Path(file.name), account_id, first, until)
        written.finish(file, path)
    with transaction() as session:
        _take_out(session, account_id, first, until)
    return Archived(account_id, first, until.sequence, path)


def restore(path: Path) -> Archived:
    """The rows of the last archive, from its file; nothing where they are back.

    Raises `NotArchived`, `files.NoExport`, OSError.
    """
    verdict = _verdict(path)
    first = verdict.sequence - verdict.rows + 1
    with transaction() as session:
        repository.lock_archives(session, verdict.account_id)
        if not _is_back(session, verdict):
            _take_in(session, path, verdict, first)
    # Who puts the record of the archive back has a signature against them from now on.
    signing.sign(verdict.account_id)
    return Archived(verdict.account_id, first, verdict.sequence, path)


def _is_back(session: Session, verdict: Verdict) -> bool:
    """Somebody was killed, or asks twice; the chain must say so, too."""
    account_id = verdict.account_id
    archived = repository.archived(session, account_id)
    if archived >= verdict.sequence or not repository.is_there(session, account_id, verdict.sequence, verdict.hash):
        return False
    _refuse(archives.contradicted(session, account_id, archived))
    return True


def _take_in(session: Session, path: Path, verdict: Verdict, first: int) -> None:
    account_id, row = verdict.account_id, repository.last_archive(session, verdict.account_id)
    if row is None or (row.first, row.sequence, row.hash) != (first, verdict.sequence, verdict.hash):
        raise NotArchived(_other(account_id, row))
    _refuse(archives.unsigned(session, account_id, checkpoints.public_keys(session)))
    _refuse(archives.contradicted(session, account_id, row.sequence))
    if not repository.delete_archive(session, row):
        raise NotArchived("Somebody else has restored the same rows meanwhile.")
    try:
        with path.open(encoding="utf-8") as lines:
            events = _events(lines)
            while batch := list(islice(events, _AT_ONCE)):
                session.execute(insert(AuditEvent), batch)
    except IntegrityError as error:
        raise NotArchived("Rows of the file are in the database: `controlplane audit verify` says which.") from error
    _refuse(verification.looked_at(session, account_id).finding)
    _record(session, archives.RESTORED, account_id, first, verdict.sequence, verdict.hash)


def _refuse(found: Finding | None) -> None:
    if found is not None:
        raise NotArchived(f"The chain is not intact, nor would it be with the file's rows: {found.message}")


def _check(path: Path, account_id: str | None, first: int, until: AuditCheckpoint) -> None:
    verdict = _verdict(path)
    read = (verdict.account_id, verdict.rows, verdict.sequence, verdict.hash)
    if read != (account_id, until.sequence - first + 1, until.sequence, until.hash):
        raise NotArchived(f"{path} does not hold what was to be archived; nothing was deleted.")


def _verdict(path: Path) -> Verdict:
    """Of the file, by this plane's keys."""
    with transaction() as session:
        trusted = list(checkpoints.public_keys(session).values())
    # In no transaction: of a long file it takes longer than the database lets one wait.
    with path.open(encoding="utf-8") as lines:
        verdict = files.verify(lines, trusted)
    if verdict.finding is not None:
        raise NotArchived(f"{path} is not intact: {verdict.finding.message} Nothing was changed.")
    return verdict


def _take_out(session: Session, account_id: str | None, first: int, until: AuditCheckpoint) -> None:
    """Whoever does the same at once waits, and finds none of the rows; whoever restores, the same records as before."""
    repository.lock_archives(session, account_id)
    if repository.archived(session, account_id) != first - 1:
        raise NotArchived("Somebody else has archived or restored rows meanwhile; nothing was deleted.")
    wanted = until.sequence - first + 1
    if repository.delete(session, account_id, first, until.sequence) != wanted:
        raise NotArchived("Somebody else has archived the same rows meanwhile; nothing was deleted.")
    archives.sign(session, account_id, first, until.sequence, until.hash)
    _record(session, archives.TAKEN, account_id, first, until.sequence, until.hash)


def _record(session: Session, action: str, account_id: str | None, first: int, last: int, last_hash: bytes) -> None:
    details = {"first": first, "last": last, "hash": last_hash.hex()}
    service.record(session, None, action, chain_of(account_id), account_id, details)


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The columns of each row."""
    for text in lines:
        line = json.loads(text)
        if line["type"] == "event":
            yield {
                "audit_event_id": line["auditEventId"],
                "account_id": line["accountId"],
                "actor": line["actor"],
                "credential": line["credential"],
                "action": line["action"],
                "target": line["target"],
                "address": line["address"],
                "user_agent": line["userAgent"],
                "request_id": line["requestId"],
                "result": line["result"],
                "details": line["details"],
                "at": datetime.fromisoformat(line["at"]),
                "sequence": line["sequence"],
                "previous_hash": bytes.fromhex(line["previousHash"]),
                "hash": bytes.fromhex(line["hash"]),
            }


def _other(account_id: str | None, row: AuditArchive | None) -> str:
    if row is None:
        return f"Nothing of {chain_of(account_id)} is archived."
    return (
        f"What was archived last of {chain_of(account_id)} are rows {row.first} to {row.sequence}: restore those first."
    )
