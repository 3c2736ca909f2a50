"""Asks nginx, whose tables decide, whether the calls under way may still go on."""

from __future__ import annotations

import asyncio
import math
import time
from pathlib import Path

import httpx2
import structlog

from envrunner.guard.call import Call

_EVERY_SECONDS = 0.05
_TIMEOUT_SECONDS = 5.0
# A worker of nginx serves nobody else while it looks calls up: 1 ms for so many, half a second for sixty thousand.
_AT_ONCE = 500
_ENDED = {
    "token": (401, "The access token was revoked or the session ended while this call was under way."),
    "member": (403, "Your membership or role in this account changed while this call was under way."),
}
_EXPIRED = (401, "The access token has expired while this call was under way.")
_log = structlog.get_logger(__name__)


class Watch:
    """The calls under way. nginx away changes nothing: it is asked again."""

    def __init__(self, control: Path) -> None:
        self._calls: set[Call] = set()
        self._unasked: set[Call] = set()
        self._sequence = ""
        self._away = False
        # No call expires before this: thousands need not be looked at twenty times a second.
        self._first_expiry = math.inf
        transport = httpx2.AsyncHTTPTransport(uds=str(control))
        self._http = httpx2.AsyncClient(
            base_url="http://nginx", transport=transport, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    def add(self, call: Call) -> None:
        """From now on the call ends when its right does."""
        self._calls.add(call)
        self._unasked.add(call)
        self._first_expiry = min(self._first_expiry, call.right.expires_at)

    def discard(self, call: Call) -> None:
        """The call is over."""
        self._calls.discard(call)
        self._unasked.discard(call)

    async def run(self) -> None:
        """Does not return."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            if self._calls:
                self._end_expired()
                await self._look()

    async def _look(self) -> None:
        """Asks about every call after a change of the tables, else about new ones: a change may lie between
        nginx's judgement of a call and its arrival here.
        """
        try:
            sequence = (await self._http.get("/sequence")).raise_for_status().text
            await self._end_revoked(list(self._calls if sequence != self._sequence else self._unasked))
        except httpx2.HTTPError as error:
            if not self._away:
                # Once: it is asked again in a moment.
                _log.warning("nginx_away", error=type(error).__name__)
            self._away = True
        else:
            self._sequence, self._away = sequence, False

    async def _end_revoked(self, asked: list[Call]) -> None:
        for first in range(0, len(asked), _AT_ONCE):
            await self._ask(asked[first : first + _AT_ONCE])

    async def _ask(self, asked: list[Call]) -> None:
        lines = "\n".join(f"{call.right.digest}\t{call.right.member}\t{call.right.role}" for call in asked)
        verdicts = (await self._http.post("/standing", content=lines.encode())).raise_for_status().text
        for call, verdict in zip(asked, verdicts.split("\n"), strict=True):
            if verdict in _ENDED:
                call.end(*_ENDED[verdict])
        self._unasked.difference_update(asked)

    def _end_expired(self) -> None:
        now = time.time()
        if now < self._first_expiry:
            return
        for call in self._calls:
            if call.right.expires_at <= now:
                call.end(*_EXPIRED)
        later = (call.right.expires_at for call in self._calls if call.right.expires_at > now)
        self._first_expiry = min(later, default=math.inf)
