"""Connections from engines over HTTP/2: each stream is a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from envrunner.relay.exchange import Exchange
from envrunner.relay.fields import Headers
from envrunner.relay.http2 import Http2
from envrunner.relay.stream import Outlet, Stream

MakeExchange = Callable[[Outlet], Exchange]


class Departing(Protocol):
    """A connection from an engine, as a relay that is about to end sees it."""

    @property
    def idle(self) -> bool:
        """No call is under way."""

    def leave(self) -> None:
        """Calls under way finish; the engine opens another connection for its next call."""

    def close(self) -> None:
        """Calls that are left break off."""


class _EngineStream(Stream):
    def __init__(self, connection: Engine, number: int, make_exchange: MakeExchange) -> None:
        super().__init__(connection, number)
        self._engine = connection
        self._exchange = make_exchange(self)

    def came_head(self, headers: Headers, *, end: bool) -> None:
        self._exchange.begin(headers, end=end)

    def came_data(self, data: bytes) -> None:
        self._exchange.request_data(data)

    def came_end(self, trailers: Headers | None) -> None:
        self._exchange.request_end(trailers)

    def came_abort(self, code: int, reason: str) -> None:  # noqa: ARG002 the base class's signature
        self._exchange.request_aborted()

    def gave(self, size: int) -> None:
        self._exchange.response_taken(size)


class Engine(Http2):
    """Prior knowledge or ALPN. ``connections`` is where it notes itself."""

    def __init__(self, make_exchange: MakeExchange, connections: set[Departing]) -> None:
        super().__init__(client=False)
        self._make_exchange = make_exchange
        self._connections = connections

    @property
    def idle(self) -> bool:
        return not self.streams

    def leave(self) -> None:
        self.say_goodbye()

    def opened(self) -> None:
        self._connections.add(self)

    def close(self) -> None:
        """What came too late to be seen here is named, so that the engine may send it again at once."""
        self.say_goodbye(self._last)
        super().close()

    def new_stream(self, number: int) -> Stream:
        stream = self.streams[number] = _EngineStream(self, number, self._make_exchange)
        return stream

    def peer_says_goodbye(self, code: int) -> None:
        """It closes when it is done."""

    def lost(self) -> None:
        self._connections.discard(self)
