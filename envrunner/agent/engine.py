"""One engine of the node: a loop that makes what is what should be, and says how far it is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import structlog

from envrunner.agent import gentle
from envrunner.agent.hands import Hands
from envrunner.engine.probe import Probe
from envrunner.keep import Backoff, Kept
from envrunner.settings import Settings
from envrunner.wire import Desired, EngineState, Spec, State

_log = structlog.get_logger()

_PROBE_SECONDS = 0.005
_SLOW_PROBE_SECONDS = 0.25
# So long an engine that does not become ready may keep others from starting.
_SLOT_SECONDS = 10.0


class Turns:
    """What the engines of a node take in turns: starting, and, one after the other's end, being restarted."""

    def __init__(self, at_once: int) -> None:
        self.starts = asyncio.Semaphore(at_once)
        self.restarts = asyncio.Semaphore(at_once)


class Engine:
    """Lives as long as the agent. `put` says what should be, `state` what is, `changed` when to look again."""

    def __init__(
        self,
        spec: Spec,
        hands: Hands,
        turns: Turns,
        settings: Settings,
        before_stop: Callable[[str, int], Awaitable[None]],
    ) -> None:
        """``before_stop`` is told label and process of an engine that is about to be stopped; it raises nothing."""
        self._spec = spec
        self._before_stop = before_stop
        self._hands = hands
        self._turns = turns
        self._settings = settings
        self._edge = gentle.Edge(settings.edge_agent_socket)
        self._backoff = Backoff()
        self._process: Kept | None = None
        self._was_ready = False
        self._not_before = 0.0
        self._restarts = 0
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._state = State(
            environment_id=spec.environment_id,
            generation=spec.generation,
            state=EngineState.STARTING,
            engine_version=spec.engine_version,
            since=datetime.now(UTC),
        )

    @property
    def spec(self) -> Spec:
        """What should be."""
        return self._spec

    @property
    def state(self) -> State:
        """What is."""
        return self._state.model_copy(update={"spec_digest": self._spec.digest})

    @property
    def settled(self) -> bool:
        """Whether the state belongs to the spec's generation and nothing more happens by itself soon."""
        return self._state.settled and self._state.generation == self._spec.generation

    def put(self, spec: Spec) -> None:
        """Take a new spec, already stored. Whatever goes on is reconsidered at once."""
        self._spec = spec
        self._backoff.reset()
        self._not_before = 0.0
        self._wake.set()

    async def wait_settled(self, seconds: float) -> State:
        """The state once it has settled, or as it is when the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.settled:
                    await self._changed.wait()
        return self.state

    def rotate_log(self) -> None:
        """Blocking; keep the log within bounds."""
        self._hands.rotate_log()

    async def run(self) -> None:
        """For ever. Cancelling it leaves the engine running."""
        while True:
            self._wake.clear()
            delay = await self._attempt()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wake.wait()

    async def _attempt(self) -> float | None:
        """One step; seconds until the next one is due, None for: not before something happens."""
        spec = self._spec
        try:
            return await self._converge(spec)
        except Exception as error:  # noqa: BLE001 - one engine's trouble must end neither its loop nor the agent
            _log.error("engine not converged", environment_id=spec.environment_id, error=repr(error))
            self._set(EngineState.FAILED, spec, self._hands.told(error))
            return self._backoff.after(0) or self._backoff.first_seconds

    async def _converge(self, spec: Spec) -> float | None:
        if self._process is None:
            self._watch(await asyncio.to_thread(self._hands.adopt))
        if spec.desired is Desired.RUNNING:
            return await self._keep_running(spec)
        if spec.gently and self._was_ready:
            await gentle.quiet(
                self._hands.admin_socket, self._settings.engine_drain_seconds, partial(self._worth_waiting, spec)
            )
            if self._spec is not spec:
                return 0
        await self._stop()
        if spec.desired is Desired.ABSENT:
            await asyncio.to_thread(self._hands.destroy)
            self._set(EngineState.ABSENT, spec)
        else:
            await asyncio.to_thread(self._hands.shut)
            self._set(EngineState.STOPPED, spec)
        return None

    async def _keep_running(self, spec: Spec) -> float | None:
        if self._process and not self._process.alive():
            await self._bury(self._process, spec)
        if self._process and self._hands.runs_as(spec):
            return await self._until_ready(spec, _SLOT_SECONDS)
        await asyncio.to_thread(self._hands.check, spec)
        self._starting(spec)
        if self._process is None:
            return await self._start(spec)
        async with self._turns.restarts:
            # Requests wait from here until the engine is back, so that nothing else is waited for meanwhile.
            if self._spec is not spec:
                return 0
            # Those that wait for one which never answered are the next one's: its sockets stay.
            if self._was_ready or self._process.adopted:
                await gentle.drain(self._hands, self._edge, self._settings.engine_drain_seconds, self._worth_draining)
            await self._stop()
            return await self._start(spec)

    def _worth_draining(self) -> bool:
        return self._spec.desired is Desired.RUNNING and self._process is not None and self._process.alive()

    def _worth_waiting(self, spec: Spec) -> bool:
        return self._spec is spec and self._process is not None and self._process.alive()

    async def _start(self, spec: Spec) -> float | None:
        if (wait := self._not_before - time.monotonic()) > 0:
            return wait
        await asyncio.to_thread(self._hands.prepare, spec)
        async with self._turns.starts:
            if self._spec is not spec:
                return 0
            self._watch(await asyncio.to_thread(self._hands.start, spec))
            return await self._until_ready(spec, _SLOT_SECONDS)

    async def _until_ready(self, spec: Spec, seconds: float) -> float | None:
        """Ask until it is ready, it has ended, the spec has changed, or ``seconds`` are over."""
        if self._was_ready:
            self._set(EngineState.READY, spec)
            return None
        asking = asyncio.create_task(self._ask())
        woken = asyncio.create_task(self._wake.wait())
        if (patience := self._settings.engine_start_seconds - self._lived) > 0:
            seconds = min(seconds, patience)
        await asyncio.wait({asking, woken}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        answered = asking.done()
        for task in (asking, woken):
            task.cancel()
        await asyncio.gather(asking, woken, return_exceptions=True)
        if answered:
            asking.result()
            self._ready(spec)
            return None
        return self._still_starting(spec)

    async def _ask(self) -> None:
        began = time.monotonic()
        async with Probe(self._hands.admin_socket) as probe:
            while not await probe.ready():
                young = time.monotonic() - began < 2
                await asyncio.sleep(_PROBE_SECONDS if young else _SLOW_PROBE_SECONDS)

    def _ready(self, spec: Spec) -> None:
        self._was_ready = True
        _log.info("engine ready", environment_id=spec.environment_id, seconds=round(self._lived, 3))
        self._set(EngineState.READY, spec)

    def _still_starting(self, spec: Spec) -> float:
        """It is left alone, in case it only needs longer: whoever wants another one says so by another spec."""
        patience = self._settings.engine_start_seconds
        if self._process and self._process.alive() and self._lived >= patience:
            error = self._hands.last_error() or "there is no error in its log"
            said = f"the engine has started, but answered no query within {patience:g} s: {error}"
            self._set(EngineState.FAILED, spec, f"{said}. The environment's logs say how far it got")
        return 0

    @property
    def _lived(self) -> float:
        return self._process.lived_seconds if self._process else 0.0

    def _starting(self, spec: Spec) -> None:
        """While a failed engine is tried again it stays failed, with its reason."""
        if self._state.state is not EngineState.FAILED or self._state.generation != spec.generation:
            self._set(EngineState.STARTING, spec)

    def _watch(self, process: Kept | None) -> None:
        self._process = process
        self._was_ready = False
        if process:
            asyncio.get_running_loop().add_reader(process.pidfd, self._ended, process)

    def _ended(self, process: Kept) -> None:
        asyncio.get_running_loop().remove_reader(process.pidfd)
        self._wake.set()

    async def _bury(self, process: Kept, spec: Spec) -> None:
        """It ended by itself: find out why, and when to start it again."""
        asyncio.get_running_loop().remove_reader(process.pidfd)
        # It is gone, whatever clearing up brings.
        self._process = None
        reason = self._hands.obituary(process.exit_status)
        await asyncio.to_thread(process.clear_remains)
        self._restarts += 1
        if self._state.generation != spec.generation:
            # It ran for the spec before; how this one fares is not known yet.
            _log.info("engine of an older spec ended", environment_id=spec.environment_id, reason=reason)
            self._set(EngineState.STARTING, spec)
            return
        delay = self._backoff.after(process.lived_seconds)
        self._not_before = time.monotonic() + delay
        _log.warning("engine ended", environment_id=spec.environment_id, reason=reason, next_try_seconds=delay)
        if delay or not self._was_ready:
            self._set(EngineState.FAILED, spec, reason)
        else:
            self._set(EngineState.STARTING, spec)

    async def _stop(self) -> None:
        if process := self._process:
            if self._was_ready and process.alive():
                await self._before_stop(self._spec.label, process.pid)
            asyncio.get_running_loop().remove_reader(process.pidfd)
            await asyncio.to_thread(process.stop, grace_seconds=self._settings.engine_grace_seconds)
            self._process = None

    def _set(self, state: EngineState, spec: Spec, reason: str | None = None) -> None:
        """``spec`` is the one acted on, which may no longer be the latest."""
        before = self._state
        pid = self._process.pid if self._process else None
        since = before.since if before.state is state else datetime.now(UTC)
        self._state = State(
            environment_id=spec.environment_id,
            generation=spec.generation,
            state=state,
            reason=reason,
            engine_version=spec.engine_version,
            pid=pid,
            restarts=self._restarts,
            since=since,
        )
        self._changed.set()
        self._changed = asyncio.Event()
