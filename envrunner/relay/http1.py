"""Connections from engines over HTTP/1.1: one call after the other."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast

import h11

from envrunner.relay.deadline import Deadline
from envrunner.relay.engine import Departing, MakeExchange
from envrunner.relay.exchange import Exchange
from envrunner.relay.fields import Headers
from envrunner.relay.stream import STREAM_WINDOW, Outlet

HEAD_SECONDS = 30.0
"""From a request's first byte to the end of its head."""
BODY_SECONDS = 60.0
"""Between two pieces of a body that there is room for; and for all that is left of one that was answered early."""
IDLE_SECONDS = 120.0
"""Between two calls. Engines close such connections after 90."""
_LINGER_SECONDS = 30.0


class Http1(Outlet, asyncio.Protocol):
    """An `Outlet` for the call that is under way. ``known`` is called when the first has come, or none."""

    def __init__(
        self, make_exchange: MakeExchange, connections: set[Departing], known: Callable[[], None] = lambda: None
    ) -> None:
        self._make_exchange = make_exchange
        self._connections = connections
        self._known = known
        self._deadline = Deadline(self.close)
        self._http = h11.Connection(h11.SERVER)
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._unsent: deque[bytes] = deque()
        self._untaken = 0
        self._paused = self._ending = self._leaving = self._between = self._held = False

    @property
    def idle(self) -> bool:
        return self._exchange is None

    def leave(self) -> None:
        self._leaving = True
        if self.idle:
            self.close()

    def close(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
            # Somebody who does not read would keep it.
            self._cut = asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.abort)

    # -- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)
        self._deadline.within(HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        self._wait_for_more()
        self._http.receive_data(data)
        self._read()
        self._regulate()

    def eof_received(self) -> None:
        self._http.receive_data(b"")
        self._read()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._write()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 the base class's signature
        self._transport = None
        self._deadline.within(None)
        self._known()
        if self._cut is not None:
            self._cut.cancel()
        self._connections.discard(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.request_aborted()

    # -- from the engine

    def _read(self) -> None:
        try:
            while self._transport is not None and self._take(self._http.next_event()):
                pass
        except h11.RemoteProtocolError:
            self.close()

    def _take(self, event: object) -> bool:
        """Whether there may be another."""
        if isinstance(event, h11.Request):
            self._begin(event)
        elif isinstance(event, h11.Data):
            self._untaken += len(event.data)
            if self._exchange is not None:
                self._exchange.request_data(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self._deadline.within(None)
            if self._exchange is not None:
                self._exchange.request_end(None)
            self._next_if_done()
        elif isinstance(event, h11.ConnectionClosed):
            self.close()
        return event not in (h11.NEED_DATA, h11.PAUSED) and not isinstance(event, h11.ConnectionClosed)

    def _wait_for_more(self) -> None:
        """Something has come."""
        if self._between:
            self._between = False
            self._deadline.within(HEAD_SECONDS)
        elif self._awaits_body():
            self._deadline.within(BODY_SECONDS)

    def _begin(self, request: h11.Request) -> None:
        self._known()
        self._deadline.within(BODY_SECONDS)
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))
        self._ending = False
        self._exchange = self._make_exchange(self)
        headers = list(request.headers)
        names = dict(headers)
        named = {one.strip().lower() for one in names.get(b"connection", b"").split(b",")} | {b"te", b"expect"}
        if b"transfer-encoding" in names:
            # It overrides the length (RFC 9112 §6.3), which would be another one to whoever reads it after us.
            named.add(b"content-length")
        begun = [(b":method", request.method), (b":path", request.target)]
        kept = [one for one in headers if one[0] not in named]
        has_body = b"transfer-encoding" in names or names.get(b"content-length", b"0") != b"0"
        self._exchange.begin([*begun, *kept], end=not has_body, http1=True)

    def _regulate(self) -> None:
        """Read on, unless nobody takes what came, or what came belongs to a later call."""
        early = self._http.their_state is h11.DONE and bool(self._http.trailing_data[0])
        held = early or self._untaken > STREAM_WINDOW
        if held == self._held or self._transport is None or self._transport.is_closing():
            return
        self._held = held
        if held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        if self._awaits_body():
            self._deadline.within(None if held else BODY_SECONDS)

    def _awaits_body(self) -> bool:
        return self._http.their_state is h11.SEND_BODY and self._http.our_state is not h11.DONE

    # -- to the engine

    def taken(self, size: int) -> None:
        self._untaken -= size
        self._regulate()

    def head(self, headers: Headers, *, end: bool = False) -> None:
        given = dict(headers)
        kept = [one for one in headers if not one[0].startswith(b":")]
        try:
            response = h11.Response(status_code=int(given[b":status"]), headers=kept)
        except h11.LocalProtocolError:
            # HTTP/2 allows more in a field than HTTP/1.1 does.
            self.close()
            return
        self._send(response)
        if end:
            self.end()

    def data(self, data: bytes) -> None:
        self._unsent.append(data)
        self._write()

    def end(self, trailers: Headers | None = None) -> None:  # noqa: ARG002 few clients of HTTP/1.1 read trailers
        self._ending = True
        self._write()

    def abort(self, code: int = 0) -> None:  # noqa: ARG002 HTTP/1.1 has no codes
        self.close()

    def _write(self) -> None:
        while self._unsent and not self._paused:
            piece = self._unsent.popleft()
            self._send(h11.Data(data=piece))
            if self._exchange is not None:
                self._exchange.response_taken(len(piece))
        if self._ending and not self._unsent and self._exchange is not None:
            self._ending = False
            self._send(h11.EndOfMessage())
            self._next_if_done()

    def _send(self, event: h11.Event) -> None:
        try:
            data = self._http.send(event)
        except h11.LocalProtocolError:
            # The service's answer contradicts itself, such as a body longer than it said.
            self.close()
            return
        if data and self._transport is not None:
            self._transport.write(data)

    def _next_if_done(self) -> None:
        if self._http.our_state is h11.MUST_CLOSE or (self._leaving and self._http.our_state is h11.DONE):
            self._exchange = None
            self.close()
        elif self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._exchange = None
            self._http.start_next_cycle()
            self._between = not self._http.trailing_data[0]
            self._deadline.within(IDLE_SECONDS if self._between else HEAD_SECONDS)
            asyncio.get_running_loop().call_soon(self._next)
        elif self._http.our_state is h11.DONE:
            self._deadline.within(BODY_SECONDS)

    def _next(self) -> None:
        self._read()
        self._regulate()
