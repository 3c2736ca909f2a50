"""The thread that sends logs, a portion of each in turn; what the control plane has acknowledged counts as sent."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from envrunner import durable
from envrunner.client import InternalClient, InternalError, Unreachable
from envrunner.edge.layout import EdgeLayout
from envrunner.keep import Backoff
from envrunner.settings import Settings
from envrunner.shipping import files, tail
from envrunner.shipping.lines import Cleaner, Line
from envrunner.shipping.position import Positions
from envrunner.shipping.turns import Source, Turns
from envrunner.wire import environment_id_of

_log = structlog.get_logger()

PATH = "/internal/v1/logs"
_PAUSE_SECONDS = 0.4
_LABEL = re.compile(r"[0-9a-z]{27}\.log")
_MOST_LINES, _MOST_BYTES = 4000, 4 * 1024 * 1024
# The control plane cannot read what it was sent, and will not be able to next time.
_HOPELESS = frozenset({400, 413, 422})


@dataclass(frozen=True)
class _Sending:
    source: Source
    label: str
    portion: tail.Portion
    seen: os.stat_result | None


class Shipper:
    """`start` it, `stop` it; `round` is one round by hand."""

    def __init__(self, internal: InternalClient, settings: Settings) -> None:
        self._internal = internal
        self._turns = Turns(_sources(settings))
        self._limits = tail.Limits(settings.log_lines_per_second, settings.log_line_bytes)
        self._clean = Cleaner(settings.directories, settings.log_line_bytes)
        self._turn = 0
        self._ended = threading.Event()
        self._backoff = Backoff(first_seconds=0.5, limit_seconds=10.0)

    def start(self) -> None:
        """In a thread of its own, until `stop`."""
        threading.Thread(target=self._run, name="logs", daemon=True).start()

    def stop(self) -> None:
        """After the round that is under way."""
        self._ended.set()

    def round(self) -> bool:
        """A portion of each log that has news, in as few calls as they fit; whether there is more already.

        Raises `Unreachable`, `InternalError`; what was not acknowledged is read again.
        """
        labels = self._labels()
        more, batch, lines, size = False, [], 0, 0
        for sending in self._news(labels):
            portion = sending.portion
            batch.append(sending)
            more = more or portion.more or self._turns.others_due(sending.source, sending.label)
            lines, size = lines + len(portion.lines), size + sum(len(one.line) for one in portion.lines)
            if lines >= _MOST_LINES or size >= _MOST_BYTES:
                self._send(batch)
                batch, lines, size = [], 0, 0
        self._send(batch)
        return more

    def _run(self) -> None:
        wait = 0.0
        while not self._ended.wait(wait):
            wait = self._attempt()

    def _attempt(self) -> float:
        """Seconds until the next round."""
        try:
            more = self.round()
        except (Unreachable, InternalError) as error:
            if not self._backoff.failures:
                _log.warning("logs are not taken, going on trying", error=str(error))
            return self._backoff.after(0) or self._backoff.first_seconds
        except Exception:  # noqa: BLE001 - the rounds must outlive their own defects, loudly
            _log.exception("sending logs failed")
            return self._backoff.limit_seconds
        if self._backoff.failures:
            _log.info("logs are taken again", failures=self._backoff.failures)
            self._backoff.reset()
        return 0.0 if more else _PAUSE_SECONDS

    def _labels(self) -> list[str]:
        """Each round begins with another one, so that no tenant is always the last."""
        found: set[str] = set()
        for source in self._turns.sources:
            labels = set(_labels(source.directory))
            self._turns.forget_others(source, labels)
            found |= labels
        names = sorted(found)
        self._turn = (self._turn + 1) % max(1, len(names))
        return names[self._turn :] + names[: self._turn]

    def _news(self, labels: list[str]) -> Iterator[_Sending]:
        for label in labels:
            # One that cannot be read (it was destroyed just now, or the disk fails) keeps no other waiting.
            with contextlib.suppress(files.Busy, OSError):
                if news := self._next(label):
                    yield news

    def _next(self, label: str) -> _Sending | None:
        """A portion of one of its logs; of the other in another round."""
        for source, position, seen in self._turns.due(label):
            portion = tail.read(source.log(label), position, self._limits, self._clean, source.name)
            if portion.lines or portion.more:
                self._turns.sent(label)
                return _Sending(source, label, portion, None if portion.more else seen)
            self._turns.quiet(source, label, seen)
        self._turns.nothing(label)
        return None

    def _send(self, batch: list[_Sending]) -> None:
        if not batch:
            return
        try:
            self._internal.post(PATH, {"items": [_item(one) for one in batch]})
        except InternalError as error:
            if error.status not in _HOPELESS:
                raise
            self._refused(batch, error)
            return
        for one in batch:
            self._remember(one)

    def _refused(self, batch: list[_Sending], error: InternalError) -> None:
        """What is wrong with one tenant's lines shall cost no other tenant theirs."""
        if len(batch) > 1:
            for one in batch:
                self._send([one])
        else:
            _log.error("log lines refused, leaving them out", error=str(error), label=batch[0].label)
            self._remember(batch[0])

    def _remember(self, one: _Sending) -> None:
        # Not remembered on a full disk: it will be sent again, and the control plane knows the numbers.
        with contextlib.suppress(OSError):
            self._turns.taken(one.source, one.label, one.portion.position)
            if one.seen:
                self._turns.quiet(one.source, one.label, one.seen)


def _sources(settings: Settings) -> list[Source]:
    settings.edge_dir.parent.mkdir(parents=True, exist_ok=True)
    engines = Positions(durable.make_directory(settings.log_positions_dir))
    edges = Positions(durable.make_directory(settings.edge_positions_dir))
    return [
        Source("engine", settings.log_dir / "engines", engines),
        Source("edge", EdgeLayout.of(settings).lines, edges),
    ]


def _labels(directory: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return [Path(one.name).stem for one in os.scandir(directory) if _LABEL.fullmatch(one.name)]
    return []


def _item(sending: _Sending) -> dict[str, Any]:
    return {
        "environmentId": environment_id_of(sending.label),
        "lines": [_line(one) for one in sending.portion.lines],
    }


def _line(one: Line) -> dict[str, Any]:
    at = one.at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {"sequence": one.sequence, "at": at, "level": one.level, "source": one.source, "line": one.line}
