"""A connection that a customer dialled: after the handshake this side is the client, and streams are calls."""

from __future__ import annotations

import re
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

import structlog

from envrunner.relay.calls import NAME
from envrunner.relay.carrier import Carrier
from envrunner.relay.fields import Headers
from envrunner.relay.frames import ConnectionFailed, ErrorCodes
from envrunner.relay.standing import Standing
from envrunner.relay.stream import Stream
from envrunner.relay.tunnels import Tunnel, Tunnels
from envrunner.wire import label_of

_HANDSHAKE_SECONDS = 4.5
"""Both generations of the client give up after 5."""
_DRAIN = b"/_/drain-tunnel"
_MOST_UNANSWERED = 64
"""CLIs whose HTTP/2 library is h2 0.4.16 to 0.4.18 (1.7.12) break off all calls when 110 small answers come at once."""
_MOST_STRANGERS = 200
"""Of one address."""
_FAREWELL_SECONDS = 2.0
_LONGEST_LOOK_SECONDS = 3600.0
_ENVIRONMENT_ID = re.compile(r"env_[0-9a-z]{27}")
_log = structlog.get_logger(__name__)

BAD_NAME = "A tunnel's name has 1 to 100 letters, digits, - and _."
NO_CREDENTIAL = "The tunnel client sent no credential. Log in again with `restate cloud login`."
NO_SUCH_ENVIRONMENT = "The tunnel client named no environment. Choose one with `restate cloud env configure`."
TOO_MANY = "This environment has as many tunnel connections as it may have. Close others first."
"""Said in the trailer ``tunnel-status``; clients show it as it is."""


@dataclass(frozen=True)
class House:
    """What all connections share. The URLs have explicit ports; clients insist on that."""

    standing: Standing
    tunnels: Tunnels
    proxy_url: str
    relay_url: str
    ping_seconds: float
    customers: set[Customer]
    strangers: Counter[str] = field(default_factory=Counter)
    """By address: connections that have not introduced themselves yet."""


class _Handshake(Stream):
    """The first stream: the customer introduces itself in its answer's head, we say in trailers what comes of it."""

    def __init__(self, customer: Customer, number: int) -> None:
        super().__init__(customer, number)
        self._customer = customer

    def came_head(self, headers: Headers, *, end: bool) -> None:  # noqa: ARG002 the base class's signature
        self._customer.introduced({key.decode("latin-1"): value.decode("latin-1") for key, value in headers})

    def came_data(self, data: bytes) -> None:  # noqa: ARG002 the base class's signature
        # Clients send none; here nobody's reading would hold up who sends without end.
        raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, "a body with the introduction")

    def came_end(self, trailers: Headers | None) -> None:
        """It was empty."""

    def came_abort(self, code: int, reason: str) -> None:
        """Then the connection ends, too, or the deadline passes."""

    def gave(self, size: int) -> None:
        """Nothing is sent but trailers."""


class _Notice(Stream):
    """Says that this connection will end: the container client then opens another one before it lets go of this."""

    def came_head(self, headers: Headers, *, end: bool) -> None:
        """Whatever it thinks of that."""

    def came_data(self, data: bytes) -> None:
        self.taken(len(data))

    def came_end(self, trailers: Headers | None) -> None:
        """It was heard."""

    def came_abort(self, code: int, reason: str) -> None:
        """It was not."""

    def gave(self, size: int) -> None:
        """Nothing is sent but the head."""


class Customer(Carrier):
    """Never hung up on without a reason: a client that is reset ends, one that gets GOAWAY or an end comes again."""

    def __init__(self, house: House) -> None:
        super().__init__(house.ping_seconds, _MOST_UNANSWERED)
        self._house = house
        self._handshake: _Handshake | None = None
        self._tunnel: Tunnel | None = None
        self._digest = self._label = self._address = ""
        self._takes_notice = self._ended = False

    def end(self, reason: str) -> None:
        """GOAWAY, and the calls under way are over, too. The customer closes; if it does not, we do."""
        self._ended = True
        super().leave()
        for stream in list(self.streams.values()):
            stream.abort(ErrorCodes.CANCEL)
            stream.came_abort(ErrorCodes.CANCEL, reason)
        self.later(_FAREWELL_SECONDS, self.close)

    def leave(self) -> None:
        """Calls under way finish; the client dials again, the container client at once."""
        if self._takes_notice and not self.leaving and not self.closing:
            number = self.next_number()
            notice = self.streams[number] = _Notice(self, number)
            target = [(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"tunnel"), (b":path", _DRAIN)]
            notice.head(target, end=True)
        super().leave()

    def look(self) -> None:
        """End if the right to this tunnel has ended: also when it takes no calls any more, for those under way."""
        if self._tunnel is not None and not self._ended:
            reason = self._house.standing.refusal(self._digest, self._label)
            if reason is not None:
                _log.info("tunnel_ended", label=self._label, name=self._tunnel.name, reason=reason)
                self.end(reason)

    # -- the connection

    def on_malformed(self, number: int, reason: str) -> None:
        if self._tunnel is None:
            raise ConnectionFailed(ErrorCodes.PROTOCOL_ERROR, reason)
        super().on_malformed(number, reason)

    def opened(self) -> None:
        self._house.customers.add(self)
        self._address = self.peer_address
        self._house.strangers[self._address] += 1
        if self._house.strangers[self._address] > _MOST_STRANGERS:
            self.close()
            return
        number = self.next_number()
        self._handshake = self.streams[number] = _Handshake(self, number)
        target = [(b":method", b"POST"), (b":scheme", b"http"), (b":authority", b"tunnel"), (b":path", b"/")]
        self._handshake.head(target)
        self.later(_HANDSHAKE_SECONDS, self._check_introduced)
        self.watch()

    def take_no_more(self) -> None:
        if self._tunnel is not None:
            self._house.tunnels.remove(self, self._tunnel)
        super().take_no_more()

    def lost(self) -> None:
        self._house.customers.discard(self)
        self._no_stranger()
        self.take_no_more()
        if self._tunnel is not None:
            self._house.tunnels.disconnected(self._label)

    def introduced(self, given: dict[str, str]) -> None:
        """Judge, and say so in the trailers."""
        scheme, _, rest = given.get("authorization", "").partition(" ")
        token = rest.strip() if scheme.lower() == "bearer" else ""
        environment_id, name = given.get("environment-id", ""), given.get("tunnel-name") or secrets.token_hex(4)
        # What is none may be long: it gets into no log.
        self._label = label_of(environment_id) if _ENVIRONMENT_ID.fullmatch(environment_id) else ""
        self._digest = self._house.standing.digest(token)
        refusal = self._refusal(token, name)
        assert self._handshake is not None, "only a handshake introduces"  # noqa: S101
        if refusal is not None:
            _log.info("tunnel_refused", label=self._label, reason=refusal)
            self._handshake.end([(b"tunnel-status", refusal.encode())])
            self.later(_HANDSHAKE_SECONDS, self.close)
            return
        self._handshake.end(self._welcome(name))
        self.ready = True
        self._takes_notice = given.get("supports-drain") == "true"
        self._no_stranger()
        self._tunnel = self._house.tunnels.add(self, self._label, name)
        _log.info("tunnel_opened", label=self._label, name=name)
        self._look_at_expiry()

    def _refusal(self, token: str, name: str) -> str | None:
        if not self._label:
            return NO_SUCH_ENVIRONMENT
        if not NAME.fullmatch(name):
            return BAD_NAME
        if not token:
            return NO_CREDENTIAL
        refusal = self._house.standing.refusal(self._digest, self._label)
        if refusal is None and not self._house.tunnels.has_room(self._label):
            return TOO_MANY
        return refusal

    def _no_stranger(self) -> None:
        if self._address:
            self._house.strangers[self._address] -= 1
            if not self._house.strangers[self._address]:
                del self._house.strangers[self._address]
            self._address = ""

    def _welcome(self, name: str) -> Headers:
        said = {
            "tunnel-status": "ok",
            "proxy-url": self._house.proxy_url,
            "tunnel-url": self._house.relay_url,
            "tunnel-name": name,
        }
        return [(key.encode(), value.encode()) for key, value in said.items()]

    # -- as time goes by

    def _check_introduced(self) -> None:
        if self._tunnel is None:
            self.close()

    def _look_at_expiry(self) -> None:
        if self.closing or self._ended:
            return
        self.look()
        left = self._house.standing.expires_at(self._digest) - time.time()
        self.later(min(max(left, 0.0), _LONGEST_LOOK_SECONDS), self._look_at_expiry)
