"""One call: from an engine through a tunnel to a service, and the answer back."""

from __future__ import annotations

from envrunner.relay.calls import Call, Refused, read
from envrunner.relay.carrier import Answers, CallStream, Carrier
from envrunner.relay.fields import Headers
from envrunner.relay.frames import ErrorCodes
from envrunner.relay.identity import Identity
from envrunner.relay.keeping import MOST_OF_CALL, Keeping
from envrunner.relay.stream import Outlet
from envrunner.relay.tunnels import Tunnel
from envrunner.relay.ways import Ways

_LOST = "The tunnel was lost while this call was under way"


class Exchange(Answers):
    """``engine`` is where the answer goes. Bytes are held only until the other side has room for them."""

    __slots__ = (
        "_answered", "_call", "_due", "_engine", "_identity", "_keeping", "_kept", "_over", "_owed", "_request_ended",
        "_service", "_trailers", "_tried", "_tunnel", "_ways",
    )  # fmt: skip

    def __init__(self, engine: Outlet, ways: Ways, identity: Identity, keeping: Keeping) -> None:
        self._engine = engine
        self._ways = ways
        self._identity = identity
        self._keeping = keeping
        self._tunnel: Tunnel | None = None
        self._service: CallStream | None = None
        self._call: Call | None = None
        self._request_ended = self._answered = self._over = False
        self._trailers: Headers | None = None
        self._kept: bytearray | None = bytearray()
        """Of the request's body, until somebody has looked at it; None: the call is not made again."""
        self._owed = self._due = 0
        """Bytes that the engine, and the tunnel, have sent and nobody has taken: windows are theirs until then."""
        self._tried: tuple[Carrier, ...] = ()

    # -- from the engine

    def begin(self, headers: Headers, *, end: bool, http1: bool = False) -> None:
        """The request's head."""
        self._request_ended = end
        try:
            self._call = read(headers, self._identity, http1=http1)
            self._open(self._call)
        except Refused as refusal:
            self._refuse(refusal, looked_at=False)

    def request_data(self, data: bytes) -> None:
        """Of the request's body."""
        if self._service is None or self._service.over:
            self._engine.taken(len(data))
            return
        self._owed += len(data)
        self._keep(data)
        if self._tunnel is not None:
            self._tunnel.bytes_to_service += len(data)
        self._service.data(data)

    def request_end(self, trailers: Headers | None) -> None:
        """The request is complete."""
        self._request_ended, self._trailers = True, trailers
        if self._service is not None:
            self._service.end(trailers)

    def request_aborted(self) -> None:
        """The engine has lost interest."""
        self._over = True
        self._let_go()
        self._settle_request()
        self._settle_response()
        if self._service is not None:
            self._service.abort(ErrorCodes.CANCEL)

    def response_taken(self, size: int) -> None:
        """The engine has room for so much more."""
        taken = min(size, self._due)
        self._due -= taken
        if self._service is not None:
            self._service.taken(taken)

    # -- from the tunnel

    def request_taken(self, size: int) -> None:
        """The tunnel's other end has room for so much more; what is sent again counts once."""
        taken = min(size, self._owed)
        self._owed -= taken
        self._engine.taken(taken)

    def response_head(self, headers: Headers, *, end: bool) -> None:
        """The answer's head."""
        self._over = end
        self._let_go()
        # The first field: pseudo-headers come first, and there is no other in an answer.
        self._answered, status = True, headers[0][1]
        if self._tunnel is not None and (status == b"401" or status.startswith(b"5")):
            self._tunnel.failed(f"answered {status.decode()}")
        self._engine.head(headers, end=end)

    def response_data(self, data: bytes) -> None:
        """Of the answer's body."""
        if self._tunnel is not None:
            self._tunnel.bytes_from_service += len(data)
        self._due += len(data)
        self._engine.data(data)

    def response_end(self, trailers: Headers | None) -> None:
        """The answer is complete."""
        self._over = True
        self._engine.end(trailers)

    def response_aborted(self, failed: Carrier, code: int, reason: str) -> None:
        """The stream through ``failed`` is over before its end."""
        if not self._over and self._again(code, failed):
            return
        self._let_go()
        self._settle_request()
        if self._over:
            return
        if self._tunnel is not None:
            self._tunnel.failed(reason)
        if self._answered:
            self._over = True
            self._settle_response()
            self._engine.abort(ErrorCodes.INTERNAL_ERROR)
        else:
            refusal = Refused(502, f"{_LOST}: {reason.rstrip('.')}.")
            self._refuse(refusal, looked_at=code != ErrorCodes.REFUSED_STREAM)

    def _settle_request(self) -> None:
        """What was on its way to somebody who is not there any more, nobody will take."""
        owed, self._owed = self._owed, 0
        self._engine.taken(owed)

    def _settle_response(self) -> None:
        self.response_taken(self._due)

    def _open(self, call: Call) -> None:
        carrier, headers, tunnel = self._ways.choose(call, but=self._tried)
        if tunnel is not None and tunnel is not self._tunnel:
            tunnel.requests += 1
        self._tunnel = tunnel
        self._service = carrier.open(self, headers, end=self._request_ended and not self._kept)

    def _again(self, code: int, failed: Carrier) -> bool:
        """By another way, if this one did not look at the call (RFC 9113 §8.7) and all of it is still here."""
        if code != ErrorCodes.REFUSED_STREAM or self._kept is None or self._call is None:
            return False
        self._tried = (*self._tried, failed)
        try:
            self._open(self._call)
        except Refused:
            return False
        if self._kept and self._service is not None:
            self._service.data(bytes(self._kept))
            if self._request_ended:
                self._service.end(self._trailers)
        return True

    def _keep(self, data: bytes) -> None:
        if self._kept is None or self._call is None:
            return
        fits = len(self._kept) + len(data) <= MOST_OF_CALL
        if fits and self._keeping.keep(self._call.label, len(data)):
            self._kept += data
        else:
            self._let_go()

    def _let_go(self) -> None:
        if self._kept and self._call is not None:
            self._keeping.let_go(self._call.label, len(self._kept))
        self._kept = None

    def _refuse(self, refusal: Refused, *, looked_at: bool) -> None:
        if self._call is not None and self._call.forwarded and not looked_at:
            # The node that asked may know another way.
            self._over = True
            self._engine.abort(ErrorCodes.REFUSED_STREAM)
            return
        self._over = self._answered = True
        self._engine.head(refusal.head)
        self._engine.data(refusal.body)
        self._engine.end()
