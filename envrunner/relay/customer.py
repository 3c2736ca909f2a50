"""A connection that a customer dialled: after the handshake this side is the client, and streams are calls."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Protocol

import structlog
from h2.errors import ErrorCodes

from envrunner.relay.calls import NAME
from envrunner.relay.http2 import Http2
from envrunner.relay.machine import Headers
from envrunner.relay.standing import Standing
from envrunner.relay.stream import Stream
from envrunner.relay.tunnels import Tunnel, Tunnels
from envrunner.wire import label_of

_HANDSHAKE_SECONDS = 4.5
"""Both generations of the client give up after 5."""
MOST_WAITING = 1000
_FAREWELL_SECONDS = 2.0
_LONGEST_LOOK_SECONDS = 3600.0
_LAST_STREAM = 2**31 - 1000
_ENVIRONMENT_ID = re.compile(r"env_[0-9a-z]{27}")
_log = structlog.get_logger(__name__)

BAD_NAME = "A tunnel's name has 1 to 100 letters, digits, - and _."
NO_CREDENTIAL = "The tunnel client sent no credential. Log in again with `restate cloud login`."
NO_SUCH_ENVIRONMENT = "The tunnel client named no environment. Choose one with `restate cloud env configure`."
TOO_MANY = "This environment has as many tunnel connections as it may have. Close others first."
"""Said in the trailer ``tunnel-status``; clients show it as it is."""


class Answers(Protocol):
    """What a tunnel's stream reports to (`exchange.Exchange`)."""

    def request_taken(self, size: int) -> None: ...

    def response_head(self, headers: Headers, *, end: bool) -> None: ...

    def response_data(self, data: bytes) -> None: ...

    def response_end(self, trailers: Headers | None) -> None: ...

    def response_aborted(self, failed: Customer, code: int, reason: str) -> None: ...


@dataclass(frozen=True)
class House:
    """What all connections share. The URLs have explicit ports; clients insist on that."""

    standing: Standing
    tunnels: Tunnels
    proxy_url: str
    relay_url: str
    ping_seconds: float
    customers: set[Customer]


class TunnelStream(Stream):
    """One call on its way through the tunnel; ``waiting`` until the client takes one more."""

    def __init__(self, customer: Customer, answers: Answers, headers: Headers, *, end: bool) -> None:
        super().__init__(customer, 0)
        self.waiting = True
        self._customer = customer
        self._answers = answers
        self._begin = headers, end

    @property
    def over(self) -> bool:
        return not self.waiting and super().over

    def start(self, number: int) -> None:
        """There is room now."""
        headers, end = self._begin
        self.number, self.waiting = number, False
        self.connection.streams[number] = self
        self.head(headers, end=end)
        if self.has_more:
            self.connection.wants_to_send(self)

    def data(self, data: bytes) -> None:
        if self.waiting:
            self._queue.append(data)
        else:
            super().data(data)

    def end(self, trailers: Headers | None = None) -> None:
        if self.waiting:
            self._ending, self.trailers = True, trailers
        else:
            super().end(trailers)

    def abort(self, code: int = ErrorCodes.CANCEL) -> None:
        if self.waiting:
            self._customer.no_longer_waits(self)
        else:
            super().abort(code)

    def came_head(self, headers: Headers, *, end: bool) -> None:
        self._answers.response_head(headers, end=end)

    def came_data(self, data: bytes) -> None:
        self._answers.response_data(data)

    def came_end(self, trailers: Headers | None) -> None:
        self._answers.response_end(trailers)

    def came_abort(self, code: int, reason: str) -> None:
        self._answers.response_aborted(self._customer, code, reason)

    def gave(self, size: int) -> None:
        self._answers.request_taken(size)


class _Handshake(Stream):
    """The first stream: the customer introduces itself in its answer's head, we say in trailers what comes of it."""

    def __init__(self, customer: Customer, number: int) -> None:
        super().__init__(customer, number)
        self._customer = customer

    def came_head(self, headers: Headers, *, end: bool) -> None:  # noqa: ARG002 the base class's signature
        self._customer.introduced({key.decode("latin-1"): value.decode("latin-1") for key, value in headers})

    def came_data(self, data: bytes) -> None:
        self.taken(len(data))

    def came_end(self, trailers: Headers | None) -> None:
        """It was empty."""

    def came_abort(self, code: int, reason: str) -> None:
        """Then the connection ends, too, or the deadline passes."""

    def gave(self, size: int) -> None:
        """Nothing is sent but trailers."""


class Customer(Http2):
    """Never hung up on without a reason: a client that is reset ends, one that gets GOAWAY or an end comes again."""

    def __init__(self, house: House) -> None:
        super().__init__(client=True)
        self._house = house
        self._handshake: _Handshake | None = None
        self._tunnel: Tunnel | None = None
        self._digest = self._label = ""
        self._leaving = False
        self._waiting: dict[TunnelStream, None] = {}

    @property
    def has_room(self) -> bool:
        """Whether a call can begin here, or wait for another's end."""
        return len(self._waiting) < MOST_WAITING and not self._leaving and not self.closing

    @property
    def open_calls(self) -> int:
        """Under way now, and waiting."""
        return len(self.streams) + len(self._waiting)

    def open(self, answers: Answers, headers: Headers, *, end: bool) -> TunnelStream:
        """Begin a call; there must be room."""
        stream = TunnelStream(self, answers, headers, end=end)
        self._waiting[stream] = None
        self.room_made()
        return stream

    def room_made(self) -> None:
        """The client says how many calls it takes at once (1.5.6: 200); one more waits, as it would at the engine."""
        while self._waiting and not self._leaving and not self.closing:
            if len(self.streams) >= self.machine.remote_settings.max_concurrent_streams:
                return
            stream = next(iter(self._waiting))
            del self._waiting[stream]
            stream.start(self.machine.get_next_available_stream_id())
            if stream.number > _LAST_STREAM:
                self.leave()

    def no_longer_waits(self, stream: TunnelStream) -> None:
        """The engine has lost interest."""
        self._waiting.pop(stream, None)

    def leave(self) -> None:
        """GOAWAY: calls under way finish, the customer dials again."""
        if not self._leaving:
            self._take_no_more()
            self.say_goodbye(0)

    def end(self, reason: str) -> None:
        """GOAWAY, and the calls under way are over, too. The customer closes; if it does not, we do."""
        self.leave()
        for stream in list(self.streams.values()):
            stream.abort(ErrorCodes.CANCEL)
            stream.came_abort(int(ErrorCodes.CANCEL), reason)
        self._loop.call_later(_FAREWELL_SECONDS, self.close)

    def look(self) -> None:
        """End if the right to this tunnel has ended."""
        if self._tunnel is not None and not self._leaving:
            reason = self._house.standing.refusal(self._digest, self._label)
            if reason is not None:
                _log.info("tunnel_ended", label=self._label, name=self._tunnel.name, reason=reason)
                self.end(reason)

    # -- the connection

    def opened(self) -> None:
        self._house.customers.add(self)
        number = self.machine.get_next_available_stream_id()
        self._handshake = self.streams[number] = _Handshake(self, number)
        target = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"tunnel"), (b":path", b"/")]
        self._handshake.head(target)
        self._loop.call_later(_HANDSHAKE_SECONDS, self._check_introduced)
        self._loop.call_later(self._house.ping_seconds, self._check_alive)

    def new_stream(self, number: int) -> Stream | None:  # noqa: ARG002 the base class's signature
        return None

    def peer_says_goodbye(self, code: int) -> None:  # noqa: ARG002 the base class's signature
        self._take_no_more()

    def lost(self) -> None:
        self._house.customers.discard(self)
        self._take_no_more()

    def introduced(self, given: dict[str, str]) -> None:
        """Judge, and say so in the trailers."""
        scheme, _, rest = given.get("authorization", "").partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else ""
        environment_id, name = given.get("environment-id", ""), given.get("tunnel-name") or secrets.token_hex(4)
        self._label = label_of(environment_id)
        self._digest = self._house.standing.digest(token)
        refusal = self._refusal(token, environment_id, name)
        assert self._handshake is not None, "only a handshake introduces"  # noqa: S101
        if refusal is not None:
            _log.info("tunnel_refused", label=self._label, reason=refusal)
            self._handshake.end([(b"tunnel-status", refusal.encode())])
            self._loop.call_later(_HANDSHAKE_SECONDS, self.close)
            return
        self._handshake.end(self._welcome(name))
        self._tunnel = self._house.tunnels.add(self, self._label, name)
        _log.info("tunnel_opened", label=self._label, name=name)
        self._look_at_expiry()

    def _refusal(self, token: str, environment_id: str, name: str) -> str | None:
        if not _ENVIRONMENT_ID.fullmatch(environment_id):
            return NO_SUCH_ENVIRONMENT
        if not NAME.fullmatch(name):
            return BAD_NAME
        if not token:
            return NO_CREDENTIAL
        refusal = self._house.standing.refusal(self._digest, self._label)
        if refusal is None and not self._house.tunnels.has_room(self._label):
            return TOO_MANY
        return refusal

    def _welcome(self, name: str) -> Headers:
        said = {
            "tunnel-status": "ok",
            "proxy-url": self._house.proxy_url,
            "tunnel-url": self._house.relay_url,
            "tunnel-name": name,
        }
        return [(key.encode(), value.encode()) for key, value in said.items()]

    def _take_no_more(self) -> None:
        self._leaving = True
        if self._tunnel is not None:
            self._house.tunnels.remove(self, self._tunnel)
        waiting, self._waiting = self._waiting, {}
        for stream in waiting:
            # Nothing of it has been sent: another connection may have it.
            stream.came_abort(int(ErrorCodes.REFUSED_STREAM), "the connection is being closed")

    # -- as time goes by

    def _check_introduced(self) -> None:
        if self._tunnel is None:
            self.close()

    def _check_alive(self) -> None:
        """Half-open connections do not tell: whoever was silent for two rounds, and to a PING, is gone."""
        if self.closing:
            return
        if not self.heard:
            _log.info("tunnel_silent", label=self._label)
            self.close()
            return
        self.ping()
        self._loop.call_later(self._house.ping_seconds, self._check_alive)

    def _look_at_expiry(self) -> None:
        if self.closing or self._leaving:
            return
        self.look()
        left = self._house.standing.expires_at(self._digest) - time.time()
        self._loop.call_later(min(max(left, 0.0), _LONGEST_LOOK_SECONDS), self._look_at_expiry)
