"""All engines of this node."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import structlog

from envrunner.agent.engine import Engine, Turns
from envrunner.agent.hands import Hands, Workshop
from envrunner.agent.store import SpecStore
from envrunner.metering.meter import Meter
from envrunner.settings import Settings
from envrunner.wire import Desired, EgressState, Spec, State, label_of

_log = structlog.get_logger()

_ROTATE_SECONDS = 10.0
_LOOK_SECONDS = 10.0


class StaleGeneration(Exception):
    """A spec older than the one already stored."""


class UnknownEngine(Exception):
    """Nobody ever told this node about that environment."""


class Node:
    """Start with `open`; `close` leaves the engines running."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._workshop = Workshop.open(settings)
        self._store = SpecStore(settings.state_dir / "specs")
        self._turns = Turns(settings.engine_starts_at_once)
        self._writing = asyncio.Lock()
        self._look = asyncio.Event()
        self._engines: dict[str, Engine] = {}
        self.meter = Meter(settings, self.states)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def settings(self) -> Settings:
        """What it was told from outside."""
        return self._settings

    async def open(self) -> None:
        """Take up every stored spec: running engines are adopted, missing ones started."""
        specs = await asyncio.to_thread(self._store.load)
        # After the host has started, before any engine has.
        self._workshop.egress.expect(specs)
        await asyncio.to_thread(self._workshop.egress.enforce)
        for spec in specs:
            self._add(spec)
        self._report_strangers({spec.label for spec in specs})
        self._spawn(self._rotate_logs())
        self._spawn(self.meter.run())
        self._spawn(self._look_at_egress())

    async def close(self) -> None:
        """Stop looking after the engines; they go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def put(self, spec: Spec) -> State:
        """Store the spec, then act on it. Raises `StaleGeneration`."""
        state = await self._take(spec)
        # Meanwhile its engine may have started: an account that the kernel does not know is held the more.
        await asyncio.to_thread(self._workshop.egress.enforce)
        self._look.set()
        return state

    async def _take(self, spec: Spec) -> State:
        async with self._writing:
            engine = self._engines.get(spec.label)
            if engine and spec == engine.spec:
                return engine.state
            if engine and _is_stale(spec, engine.spec):
                raise StaleGeneration(f"generation {engine.spec.generation} is known already")
            await asyncio.to_thread(self._store.write, spec)
            if engine:
                engine.put(spec)
            else:
                engine = self._add(spec)
            self._workshop.egress.expect(one.spec for one in self._engines.values())
            return engine.state

    @property
    def egress(self) -> EgressState:
        """Whether engines are held to what they may connect to."""
        return self._workshop.egress.state

    def engine(self, environment_id: str) -> Engine:
        """Raises `UnknownEngine`."""
        try:
            return self._engines[label_of(environment_id)]
        except KeyError:
            raise UnknownEngine(environment_id) from None

    def states(self) -> list[State]:
        """Of every engine ever heard of, those destroyed included."""
        return [engine.state for engine in list(self._engines.values())]

    def _add(self, spec: Spec) -> Engine:
        hands = Hands(spec.label, self._workshop)
        engine = Engine(spec, hands, self._turns, self._settings, self.meter.last_look)
        self._engines[spec.label] = engine
        self._spawn(engine.run())
        return engine

    def _spawn(self, running: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.create_task(running))

    def _report_strangers(self, known: set[str]) -> None:
        # Its spec was lost or is unreadable: it may hold somebody's data, so it is left alone.
        for label in set(self._workshop.keeper.names()) - known:
            _log.error("engine without a spec", label=label)

    async def _look_at_egress(self) -> None:
        while True:
            self._look.clear()
            await asyncio.to_thread(self._workshop.egress.look)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._look.wait()

    async def _rotate_logs(self) -> None:
        while True:
            for engine in list(self._engines.values()):
                try:
                    await asyncio.to_thread(engine.rotate_log)
                except OSError as error:
                    _log.warning("log not rotated", environment_id=engine.spec.environment_id, error=str(error))
            await asyncio.sleep(_ROTATE_SECONDS)


def _is_stale(spec: Spec, known: Spec) -> bool:
    """Older; or of the generation that ended the environment, which nothing of the same generation undoes."""
    return spec.generation < known.generation or (
        spec.generation == known.generation and known.desired is Desired.ABSENT
    )
