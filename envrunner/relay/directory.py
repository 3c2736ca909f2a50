"""Which relay node of the region holds which tunnels: each node tells the others through Redis.

Each writes what it holds under its own name, for a while, and says so on a channel; all is kept in memory, so that no
call waits for Redis and what was known last goes on being used when Redis is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from envrunner.relay.tunnels import Tunnels

_PREFIX = "envrunner:relay:"
_CHANNEL = "envrunner:relay"
_EVERY_SECONDS = 5.0
_LASTS_SECONDS = 15
_PAUSE_SECONDS = 0.02
_FIRST_SECONDS = 2.0
_log = structlog.get_logger(__name__)


class Directory:
    """``node_url`` is this node's tunnel proxy as other nodes reach it."""

    def __init__(self, redis_url: str, node_url: str, tunnels: Tunnels) -> None:
        self._redis = Redis.from_url(_for_client(redis_url), socket_timeout=_EVERY_SECONDS, decode_responses=True)
        self._own = node_url
        self._tunnels = tunnels
        self._held: dict[str, frozenset[str]] = {}
        self._seen: dict[str, float] = {}
        self._asked = asyncio.Event()

    async def known(self) -> None:
        """Returns when Redis has been asked for the first time, also in vain."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._asked.wait()

    def holders(self, label: str, name: str) -> list[str]:
        """The URLs of other nodes that hold the tunnel."""
        wanted = f"{label}/{name}"
        return [url for url, held in self._held.items() if wanted in held]

    async def run(self) -> None:
        """Until it is cancelled; then the others hear that nothing is held here any more."""
        try:
            await asyncio.gather(self._tell(), self._hear())
        finally:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._redis.delete(_PREFIX + self._own)
                await self._redis.publish(_CHANNEL, self._own)
            await self._redis.aclose()

    async def _tell(self) -> None:
        changed = self._tunnels.watch()
        while True:
            changed.clear()
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await self._redis.set(_PREFIX + self._own, json.dumps(self._tunnels.held()), ex=_LASTS_SECONDS)
                await self._redis.publish(_CHANNEL, self._own)
            # Many that come at once are told at once.
            await asyncio.sleep(_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_SECONDS):
                    await changed.wait()

    async def _hear(self) -> None:
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                self._asked.set()
                _log.warning("directory_away", reason=str(error))
                await asyncio.sleep(1.0)

    async def _listen(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(_CHANNEL)
            look_at = 0.0
            while True:
                if time.monotonic() >= look_at:
                    await self._look_at_all()
                    self._asked.set()
                    look_at = time.monotonic() + _EVERY_SECONDS
                message = await channel.get_message(timeout=1.0)
                if message is not None and message["data"] != self._own:
                    await self._look_at(message["data"], gone=True)

    async def _look_at_all(self) -> None:
        keys = [key async for key in self._redis.scan_iter(match=f"{_PREFIX}*")]
        for url in {key.removeprefix(_PREFIX) for key in keys} - {self._own}:
            await self._look_at(url)
        # A Redis that has just begun knows nothing: who was there a moment ago has only not told it yet.
        for url, seen in list(self._seen.items()):
            if time.monotonic() - seen > _LASTS_SECONDS:
                self._forget(url)

    async def _look_at(self, url: str, *, gone: bool = False) -> None:
        """``gone``: the node itself says to look, so if nothing is there it has gone."""
        text = await self._redis.get(_PREFIX + url)
        if text is not None:
            self._held[url], self._seen[url] = frozenset(json.loads(text)), time.monotonic()
        elif gone:
            self._forget(url)

    def _forget(self, url: str) -> None:
        self._held.pop(url, None)
        self._seen.pop(url, None)


def _for_client(url: str) -> str:
    """Celery's way to name a socket, in redis-py's."""
    return url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
