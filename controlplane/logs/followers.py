"""Who follows a log at this moment, in this process: how many may, and what wakes them.

Somebody who follows an idle log holds a socket and nothing else: one thread listens to the database for all of them.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from controlplane.core.notifications import Notifications
from controlplane.edge_log.service import CHANNEL as RIGHTS
from controlplane.logs.errors import TooManyFollowers
from controlplane.logs.repository import CHANNEL as LINES
from controlplane.settings import settings

_RETRY_SECONDS = 30


@dataclass(eq=False)
class Follower:
    """`wake` is set when there may be news, or (`doubtful`) when somebody's rights have changed, or at the `end`."""

    user_id: str
    environment_id: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    doubtful: bool = False
    end: bool = False


class Followers:
    """All methods are for the event loop's thread."""

    def __init__(self) -> None:
        self._present: set[Follower] = set()
        self._by_user: Counter[str] = Counter()
        self._notifications: Notifications | None = None

    def join(self, user_id: str, environment_id: str) -> Follower:
        """Somebody who will `leave`. Raises `TooManyFollowers`."""
        self._check(user_id)
        follower = Follower(user_id, environment_id)
        self._present.add(follower)
        self._by_user[user_id] += 1
        if self._notifications is None:
            self._listen()
        return follower

    def leave(self, follower: Follower) -> None:
        """May be repeated. The last one out ends the listening."""
        if follower not in self._present:
            return
        self._present.remove(follower)
        self._by_user[follower.user_id] -= 1
        if not self._present and self._notifications:
            self._notifications.stop()
            self._notifications = None

    def stop(self) -> None:
        """Send everybody home, so that the process can end."""
        for follower in self._present:
            follower.end = True
            follower.wake.set()

    def __len__(self) -> int:
        return len(self._present)

    def __iter__(self) -> Iterator[Follower]:
        return iter(self._present)

    def _check(self, user_id: str) -> None:
        most, of_one = settings().log_followers, settings().log_followers_per_user
        if self._by_user[user_id] >= of_one:
            raise TooManyFollowers(f"You follow {of_one} logs already. End one first.", _RETRY_SECONDS)
        if len(self._present) >= most:
            raise TooManyFollowers("Too many people follow logs just now. Try again in a moment.", _RETRY_SECONDS)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()

        def heard(channel: str | None, payload: str) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody follows any more
                loop.call_soon_threadsafe(self._wake, channel, payload)

        self._notifications = Notifications("log-followers", (LINES, RIGHTS), heard, check_seconds=1.0)
        self._notifications.start()

    def _wake(self, channel: str | None, payload: str) -> None:
        for follower in self._present:
            if channel == LINES and follower.environment_id != payload:
                continue
            follower.doubtful = follower.doubtful or channel != LINES
            follower.wake.set()
