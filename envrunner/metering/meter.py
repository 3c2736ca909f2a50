"""Reads every running engine of a node at an even interval, each at a time of its own, and keeps what they did."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import structlog

from envrunner import durable
from envrunner.keep import procfs
from envrunner.metering import fabric, latency, storage
from envrunner.metering.exposition import Reading
from envrunner.metering.tally import KEPT_MINUTES, Minute, Sample, Tallies, Tally
from envrunner.settings import Settings
from envrunner.wire import EngineState, State, Usage, UsageNews, environment_id_of, label_of

_log = structlog.get_logger()

_TURNS = 15
_READ_SECONDS = 5.0
_LAST_LOOK_SECONDS = 2.0
_AT_ONCE = 500
_STRANGE_SECONDS = 3600.0


class Meter:
    """In the agent's event loop. An engine that does not answer holds up nobody: it is read again in its next turn."""

    def __init__(self, settings: Settings, states: Callable[[], Iterable[State]]) -> None:
        self._settings = settings
        self._states = states
        self._store = Tallies(durable.make_directory(settings.usage_dir))
        self._news = _News()
        self._tallies: dict[str, Tally] = {}
        self._weights: dict[str, latency.Weights] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        for label, tally in self._store.load().items():
            self._keep(label, tally)

    async def run(self) -> None:
        """For ever."""
        turn, due = 0, time.monotonic()
        while True:
            for label, pid in self._in_turn(turn):
                self._under_way[label] = asyncio.create_task(self.look(label, pid))
            if turn == 0:
                with contextlib.suppress(OSError):
                    await self._tidy()
            turn = (turn + 1) % _TURNS
            due = max(due + self._settings.usage_seconds / _TURNS, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def last_look(self, label: str, pid: int) -> None:
        """Before it is stopped by us. Takes not long, whatever the engine does."""
        try:
            async with asyncio.timeout(_LAST_LOOK_SECONDS):
                await self.look(label, pid)
        except TimeoutError:
            _log.warning("usage not read before a stop", label=label)

    async def look(self, label: str, pid: int) -> None:
        """One reading, added to what is known; without one nothing changes."""
        async with self._locks[label]:
            try:
                await self._look(label, pid)
            except fabric.NoReading as error:
                _log.warning("usage not read", label=label, error=str(error))
            except OSError as error:
                # Neither stored nor told: the next reading holds all of it.
                _log.warning("usage not stored", label=label, error=str(error))
            except Exception:  # noqa: BLE001 - neither the rounds nor a stop may end by our defects
                _log.exception("reading usage failed", label=label)

    def news(self, after: int) -> UsageNews:
        """Minutes that have changed after that revision, some at a time."""
        chosen = self._news.after(after)[:_AT_ONCE]
        items = [_told(label, number, self._tallies[label].minutes[number]) for _, label, number in chosen]
        return UsageNews(revision=chosen[-1][0] if chosen else after, items=items)

    def _in_turn(self, turn: int) -> Iterator[tuple[str, int]]:
        for state in self._states():
            label = label_of(state.environment_id)
            if state.state is not EngineState.READY or state.pid is None or zlib.crc32(label.encode()) % _TURNS != turn:
                continue
            earlier = self._under_way.get(label)
            if earlier is None or earlier.done():
                yield label, state.pid

    async def _look(self, label: str, pid: int) -> None:
        process = _Process.find(pid)
        if process is None:
            return
        directory = self._settings.engines_dir / label
        reading = await fabric.read(directory, pid, _READ_SECONDS)
        if _Process.find(pid) != process:
            raise fabric.NoReading("the process has ended")
        sample = await self._sample(label, directory, process, reading)
        before = self._tallies.get(label) or _begun(sample)
        tally = before.after(sample)
        if tally.counts != before.counts or set(tally.minutes) != set(before.minutes):
            await asyncio.to_thread(self._store.write, label, tally)
        self._keep(label, tally)

    async def _sample(self, label: str, directory: Path, process: _Process, reading: Reading) -> Sample:
        clock = time.time()
        minute = int(clock // 60)
        known = self._tallies.get(label)
        weights = self._weights.get(label)
        if weights is None or weights.process != process.name:
            weights = self._weights[label] = latency.Weights(process.name)
        kinds = [
            (count, reading.quantiles.get(kind, {})) for kind, count in weights.of(reading.answered, minute).items()
        ]
        fresh = known is None or minute not in known.minutes
        return Sample(
            process=process.name,
            started=process.started,
            at=_booted_seconds(),
            clock=clock,
            counts=reading.counts,
            p50=await asyncio.to_thread(latency.estimate, kinds, 0.5),
            p99=await asyncio.to_thread(latency.estimate, kinds, 0.99),
            storage_bytes=await asyncio.to_thread(storage.bytes_of, directory) if fresh else None,
        )

    def _keep(self, label: str, tally: Tally) -> None:
        before = self._tallies.get(label, Tally()).minutes
        self._tallies[label] = tally
        self._news.note(label, tally.minutes, before)

    async def _tidy(self) -> None:
        """Forget engines that have done nothing for so long that nobody may be told of it any more."""
        running = {label_of(state.environment_id) for state in self._states() if state.pid is not None}
        oldest = time.time() // 60 - KEPT_MINUTES
        for label in [one for one, tally in self._tallies.items() if max(tally.minutes, default=0) <= oldest]:
            if label not in running:
                await asyncio.to_thread(self._store.forget, label)
                for known in (self._tallies, self._weights, self._locks, self._under_way):
                    known.pop(label, None)
                self._news.forget(label)


class _Process:
    """Names a process once and for all; pids are used again."""

    def __init__(self, found: procfs.Stat) -> None:
        self.name = f"{_boot_id()}:{found.pid}:{found.start_ticks}"
        self.started = found.start_ticks / os.sysconf("SC_CLK_TCK")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Process) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    @classmethod
    def find(cls, pid: int) -> _Process | None:
        """None when it has ended, or is frozen: a connection to it would only wait."""
        found = procfs.stat(pid)
        return cls(found) if found and found.state not in "ZXTt" else None


class _News:
    """Which minutes changed when: revisions rise, across agents, too."""

    def __init__(self) -> None:
        self._revision = time.time_ns()
        self._changed: dict[tuple[str, int], int] = {}

    def note(self, label: str, minutes: dict[int, Minute], before: dict[int, Minute]) -> None:
        for number, one in minutes.items():
            if before.get(number) != one:
                self._revision += 1
                self._changed[label, number] = self._revision
        for number in before.keys() - minutes.keys():
            self._changed.pop((label, number), None)

    def forget(self, label: str) -> None:
        self._changed = {key: revision for key, revision in self._changed.items() if key[0] != label}

    def after(self, revision: int) -> list[tuple[int, str, int]]:
        # A clock that was set back: what is asked after is of an agent before this one.
        least = revision if revision <= self._revision else 0
        return sorted((one, *key) for key, one in self._changed.items() if one > least)


@functools.cache
def _boot_id() -> str:
    return procfs.boot_id()


def _begun(sample: Sample) -> Tally:
    """Of an engine nobody has read yet. One that has run for long did so under a version without usage."""
    if sample.at - sample.started < _STRANGE_SECONDS:
        return Tally()
    return Tally(process=sample.process, at=sample.at, counts=asdict(sample.counts))


def _told(label: str, number: int, one: Minute) -> Usage:
    return Usage(
        environment_id=environment_id_of(label),
        minute=time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime(number * 60)),
        requests=one.requests,
        errors=one.errors,
        p50_ms=_milliseconds(one.p50),
        p99_ms=_milliseconds(one.p99),
        invocations=one.invocations,
        completed_invocations=one.completed_invocations,
        failed_attempts=one.failed_attempts,
        engine_seconds=round(one.engine_seconds),
        storage_bytes=one.storage_bytes,
    )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(min(seconds, 1e6) * 1000, 3)


def _booted_seconds() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
