"""One call: from an engine through a tunnel to a service, and the answer back."""

from __future__ import annotations

from h2.errors import ErrorCodes

from envrunner.relay.calls import Call, Refused, read
from envrunner.relay.customer import Customer, TunnelStream
from envrunner.relay.identity import Identity
from envrunner.relay.machine import Headers
from envrunner.relay.stream import Outlet
from envrunner.relay.tunnels import Tunnel, Tunnels, choose

_LOST = "The tunnel was lost while this call was under way"


class Exchange:
    """``engine`` is where the answer goes. Bytes are held only until the other side has room for them."""

    def __init__(self, engine: Outlet, tunnels: Tunnels, identity: Identity) -> None:
        self._engine = engine
        self._tunnels = tunnels
        self._identity = identity
        self._tunnel: Tunnel | None = None
        self._service: TunnelStream | None = None
        self._call: Call | None = None
        self._request_ended = self._sent_body = self._answered = self._over = False

    # -- from the engine

    def begin(self, headers: Headers, *, end: bool, http1: bool = False) -> None:
        """The request's head."""
        self._request_ended = end
        try:
            self._call = read(headers, self._identity, http1=http1)
            self._tunnel = self._tunnels.tunnel(self._call.label, self._call.name)
            self._tunnel.requests += 1
            self._open(choose(self._tunnel))
        except Refused as refusal:
            self._refuse(refusal)

    def request_data(self, data: bytes) -> None:
        """Of the request's body."""
        if self._service is None or self._tunnel is None:
            self._engine.taken(len(data))
            return
        self._sent_body = True
        self._tunnel.bytes_to_service += len(data)
        self._service.data(data)

    def request_end(self, trailers: Headers | None) -> None:
        """The request is complete."""
        self._request_ended = True
        if self._service is not None:
            self._service.end(trailers)

    def request_aborted(self) -> None:
        """The engine has lost interest."""
        self._over = True
        if self._service is not None:
            self._service.abort(ErrorCodes.CANCEL)
            self._service = None

    def response_taken(self, size: int) -> None:
        """The engine has room for so much more."""
        if self._service is not None:
            self._service.taken(size)

    # -- from the tunnel

    def request_taken(self, size: int) -> None:
        """The tunnel's other end has room for so much more."""
        self._engine.taken(size)

    def response_head(self, headers: Headers, *, end: bool) -> None:
        """The answer's head."""
        self._over = end
        self._answered, status = True, dict(headers).get(b":status", b"")
        if self._tunnel is not None and (status == b"401" or status.startswith(b"5")):
            self._tunnel.failed(f"answered {status.decode()}")
        self._engine.head(headers, end=end)

    def response_data(self, data: bytes) -> None:
        """Of the answer's body."""
        if self._tunnel is not None:
            self._tunnel.bytes_from_service += len(data)
        self._engine.data(data)

    def response_end(self, trailers: Headers | None) -> None:
        """The answer is complete."""
        self._over = True
        self._engine.end(trailers)

    def response_aborted(self, failed: Customer, code: int, reason: str) -> None:
        """The stream through ``failed`` is over before its end."""
        self._service = None
        if self._over or self._tunnel is None or self._again(code, failed):
            return
        self._tunnel.failed(reason)
        if self._answered:
            self._over = True
            self._engine.abort(ErrorCodes.INTERNAL_ERROR)
        else:
            self._refuse(Refused(502, f"{_LOST}: {reason.rstrip('.')}."))

    def _again(self, code: int, failed: Customer) -> bool:
        """Through another connection, if this one did not look at it (RFC 9113 §8.7) and nothing of it is gone."""
        if code != ErrorCodes.REFUSED_STREAM or self._answered or self._sent_body or self._tunnel is None:
            return False
        try:
            self._open(choose(self._tunnel, but=failed))
        except Refused:
            return False
        return True

    def _open(self, customer: Customer) -> None:
        assert self._call is not None, "nothing is opened before the call is known"  # noqa: S101
        self._service = customer.open(self, self._call.headers, end=self._request_ended)

    def _refuse(self, refusal: Refused) -> None:
        self._over = self._answered = True
        self._service = None
        self._engine.head(refusal.head)
        self._engine.data(refusal.body)
        self._engine.end()
