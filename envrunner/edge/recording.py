"""Takes what nginx has noted of changes of engines (record.js) to the control plane, and forgets it when that has it.

nginx appends to a file for each environment, named by its label. That is renamed to `.taken`, read when nobody can be
writing to it any more, sent, and deleted once the control plane has all of it. Calls that have not ended wait in
`.open`. Whatever of this is killed, it begins again from what is on the disk: the control plane takes each call once,
however often it is told.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from envrunner import durable
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.layout import EdgeLayout

_EVERY_SECONDS = 0.5
_SETTLED_SECONDS = 0.5
"""An append is over after microseconds; one that found the old name is by then."""
_AT_ONCE = 200
_TAKEN, _OPEN = ".taken", ".open"
_LABEL = re.compile(r"[0-9a-z]{27}")
_NOT_UNDERSTOOD = (400, 413, 422)
_LONGEST_CALL_SECONDS = 2 * 3600
_log = structlog.get_logger(__name__)
Call = dict[str, Any]


class Recorder:
    """The only one who renames and deletes in the spool."""

    def __init__(self, client: InternalClient, layout: EdgeLayout) -> None:
        self._client = client
        self._spool = layout.spool

    def run(self) -> None:
        """Never returns."""
        while True:
            time.sleep(_EVERY_SECONDS)
            try:
                self.send()
            except (Unreachable, InternalError, OSError) as error:
                _log.warning("changes of engines were not recorded yet", reason=str(error))

    def send(self) -> None:
        """One round. Raises `Unreachable`, `InternalError` or OSError; then what was not taken stays."""
        lost = self._lost()
        self._take()
        waiting = {path.stem for path in self._spool.iterdir() if path.suffix in (_TAKEN, _OPEN)}
        refused: InternalError | None = None
        for label in sorted(waiting):
            try:
                self._send(self._spool / label, lost)
            except InternalError as error:
                # Whatever it is in one environment's calls, the others' go on.
                refused = error
        if refused is not None:
            raise refused

    def _lost(self) -> set[str]:
        """Calls whose end nobody will note any more, and has not noted but in what is taken in this round."""
        waiting = [path for path in self._spool.iterdir() if path.suffix == _OPEN]
        # What an earlier round could not send keeps this one from taking what came after it.
        settled = [path for path in waiting if not path.with_suffix(_TAKEN).exists()]
        return {str(call["id"]) for path in settled for call in _paired(_lines(path)) if _is_lost(call)}

    def _send(self, spool: Path, lost: set[str]) -> None:
        taken, still_open = spool.with_suffix(_TAKEN), spool.with_suffix(_OPEN)
        calls = _paired([*_lines(still_open), *_lines(taken)])
        over = [call for call in calls if "status" in call or call["id"] in lost]
        for first in range(0, len(over), _AT_ONCE):
            self._tell([_told(call) for call in over[first : first + _AT_ONCE]])
        if over or taken.exists():
            _keep(still_open, [call for call in calls if call not in over])
            taken.unlink(missing_ok=True)

    def _take(self) -> None:
        """Rename what nginx has written, and let appends end that found the old names."""
        fresh = [path for path in self._spool.iterdir() if _LABEL.fullmatch(path.name)]
        renamed = [path for path in fresh if not path.with_suffix(_TAKEN).exists()]
        for path in renamed:
            path.rename(path.with_suffix(_TAKEN))
        if renamed:
            time.sleep(_SETTLED_SECONDS)

    def _tell(self, items: list[Call]) -> None:
        try:
            self._client.post("/internal/v1/audit", {"items": items})
        except InternalError as error:
            if error.status not in _NOT_UNDERSTOOD:
                raise
            # One that cannot be taken must not keep the others: it is left here, where an operator finds it.
            if len(items) == 1:
                self._leave(items[0], error)
            else:
                for item in items:
                    self._tell([item])

    def _leave(self, item: Call, error: InternalError) -> None:
        _log.error("a change of an engine cannot be recorded", reason=str(error), call=item)
        with (self._spool / "refused").open("a") as file:
            file.write(f"{json.dumps(item)}\n")


def _keep(path: Path, calls: list[Call]) -> None:
    if calls:
        durable.write(path, "".join(f"{json.dumps(call)}\n" for call in calls))
    else:
        path.unlink(missing_ok=True)


def _lines(path: Path) -> Iterator[Call]:
    """What cannot be read is named in the log and passed over: a crash of the whole machine may have torn a line."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return
    for line in filter(None, text.splitlines()):
        try:
            yield dict(json.loads(line))
        except (ValueError, TypeError):
            _log.error("a line of the spool cannot be read", length=len(line))


def _paired(lines: Iterable[Call]) -> list[Call]:
    """Each call once, in the order they began, with the status of its end where it has ended."""
    calls: dict[str, Call] = {}
    for line in lines:
        identifier = str(line.get("id"))
        if "actor" in line and isinstance(line.get("at"), int) and isinstance(line.get("worker"), int):
            calls[identifier] = {**line, **calls.get(identifier, {})}
        elif identifier in calls:
            calls[identifier]["status"] = line.get("status")
    return sorted(calls.values(), key=lambda call: (call["at"], call["id"]))


def _is_lost(call: Call) -> bool:
    """Nobody will note its end: the worker that carried it is gone, or it has lasted longer than nginx lets any."""
    if time.time() - call["at"] / 1000 > _LONGEST_CALL_SECONDS:
        return True
    try:
        name = Path(f"/proc/{call['worker']}/cmdline").read_bytes()
    except OSError:
        return True
    return not name.startswith(b"nginx: ")


def _told(call: Call) -> Call:
    """As docs/wire.md has it."""
    at = datetime.fromtimestamp(call["at"] / 1000, UTC).isoformat(timespec="milliseconds")
    told = {name: value for name, value in call.items() if name != "worker" and value is not None}
    return {**told, "at": at.replace("+00:00", "Z")}
