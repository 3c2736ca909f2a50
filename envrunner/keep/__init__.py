"""Keeping processes so that nothing ever runs twice, even across the keeper's own ``kill -9``.

Every process runs in a session of its own and inherits a descriptor that holds an flock(2): the kernel answers "does
it run?", and a second start cannot happen. Its pid and start time are written beside the lock, so a later keeper finds
it again and watches it through pidfd_open(2), which works for processes that are not its children.

    keeper = Keeper(run_directory)
    kept = keeper.adopt("redis") or keeper.start(
        Program("redis", argv=["valkey-server", ...], env={...}, cwd=home, log_file=logs / "redis.log")
    )
    loop.add_reader(kept.pidfd, on_end)    # readable when it has ended
    ...
    kept.clear_remains()                   # after its end, before starting it again: kills what it left behind
    time_to_wait = backoff.after(kept.lived_seconds)
    ...
    kept.stop(signal.SIGTERM, grace_seconds=10)    # asks, waits, kills the whole session; blocks

    lost(run_directory)                    # what still runs though its lock has been deleted

Everything here is synchronous and thread-safe; from asyncio use ``asyncio.to_thread`` for `Kept.stop`.
Keepers are many, directories are not shared: one keeper at a time per directory. Linux ≥ 5.3.
"""

from envrunner.keep.backoff import Backoff
from envrunner.keep.keeper import AlreadyRunning, Keeper, Program, stop_all
from envrunner.keep.logs import last_lines, open_log, rotate
from envrunner.keep.lost import lost
from envrunner.keep.process import Kept, StillRunning

__all__ = [
    "AlreadyRunning",
    "Backoff",
    "Keeper",
    "Kept",
    "Program",
    "StillRunning",
    "last_lines",
    "lost",
    "open_log",
    "rotate",
    "stop_all",
]
