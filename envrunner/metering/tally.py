"""What an engine did, by the minute, with the counters that is made of: stored as one, so that nothing counts twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from envrunner.metering.exposition import Counts

_log = structlog.get_logger()

KEPT_MINUTES = 60
"""The control plane takes none that are older."""
_MINUTE = 60
_USUAL_SECONDS = 30.0
Count = Annotated[int, Field(ge=0)]


class Minute(BaseModel):
    """What is known of it so far; latencies are seconds."""

    model_config = ConfigDict(frozen=True)

    requests: Count = 0
    errors: Count = 0
    invocations: Count = 0
    completed_invocations: Count = 0
    failed_attempts: Count = 0
    p50: float | None = None
    p99: float | None = None
    engine_seconds: float = 0.0
    storage_bytes: int | None = None

    @property
    def counts(self) -> Counts:
        """Its counters."""
        return Counts(**{name: getattr(self, name) for name in Counts.__dataclass_fields__})


@dataclass(frozen=True)
class Sample:
    """A reading of a process. ``at`` and ``started`` are seconds since the machine booted, ``clock`` since 1970."""

    process: str
    started: float
    at: float
    clock: float
    counts: Counts
    p50: float | None = None
    p99: float | None = None
    storage_bytes: int | None = None


class Tally(BaseModel):
    """``counts`` are what ``process`` had counted when it was read, at ``at``; ``minutes`` are numbered from 1970."""

    model_config = ConfigDict(frozen=True)

    process: str = ""
    at: float = 0.0
    counts: dict[str, Count] = Field(default_factory=dict)
    minutes: dict[int, Minute] = Field(default_factory=dict)

    def after(self, sample: Sample) -> Tally:
        """With one more reading."""
        known = self.process == sample.process
        seconds = max(0.0, sample.at - (self.at if known else sample.started))
        delta = sample.counts.since(Counts(**self.counts) if known else Counts())
        oldest = sample.clock // _MINUTE - KEPT_MINUTES
        minutes = _Minutes({number: one for number, one in self.minutes.items() if number > oldest})
        for number, part in _spread(sample.clock - seconds, sample.clock):
            minutes.add_seconds(number, part)
        if delta != Counts():
            # In the middle of a usual interval; after a gap nobody knows when it was.
            minutes.add(int((sample.clock - min(seconds, _USUAL_SECONDS) / 2) // _MINUTE), delta, sample)
        # Minutes to come are of a clock that was set back since.
        past = [number for number in minutes.found if number <= sample.clock // _MINUTE]
        if sample.storage_bytes is not None and past:
            minutes.change(max(past), storage_bytes=sample.storage_bytes)
        return Tally(process=sample.process, at=sample.at, counts=asdict(sample.counts), minutes=minutes.found)


class _Minutes:
    def __init__(self, found: dict[int, Minute]) -> None:
        self.found = found

    def change(self, number: int, **figures: float | None) -> None:
        self.found[number] = self.found.get(number, Minute()).model_copy(update=figures)

    def add_seconds(self, number: int, seconds: float) -> None:
        before = self.found.get(number, Minute()).engine_seconds
        self.change(number, engine_seconds=min(float(_MINUTE), before + seconds))

    def add(self, number: int, delta: Counts, sample: Sample) -> None:
        self.change(number, **asdict(self.found.get(number, Minute()).counts + delta))
        if sample.p50 is not None:
            self.change(number, p50=sample.p50, p99=sample.p99)


class Tallies:
    """Files ``<label>.json`` in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load(self) -> dict[str, Tally]:
        """All of them, by label; what cannot be understood is begun anew."""
        found = {}
        for path in self._directory.glob("*.json"):
            try:
                found[path.stem] = Tally.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                _log.warning("usage unreadable, counting anew", label=path.stem)
        return found

    def write(self, label: str, tally: Tally) -> None:
        """As a whole or not at all, but not forced to the disk: a machine that fails takes engines along."""
        fresh = self._directory / f".{label}.part"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(tally.model_dump_json(exclude_defaults=True))
        fresh.replace(self._directory / f"{label}.json")

    def forget(self, label: str) -> None:
        """Nothing of it is of interest any more."""
        (self._directory / f"{label}.json").unlink(missing_ok=True)


def _spread(begin: float, end: float) -> Iterator[tuple[int, float]]:
    """The minutes between two times, and how many seconds of each."""
    begin = max(begin, end - KEPT_MINUTES * _MINUTE)
    number = int(begin // _MINUTE)
    while begin < end:
        border = min(end, (number + 1) * _MINUTE)
        yield number, border - begin
        begin, number = border, number + 1
