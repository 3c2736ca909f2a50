"""One call by itself, where the order in which things happen matters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection

from envrunner.relay import frames
from envrunner.relay.calls import Call, Refused
from envrunner.relay.carrier import Carrier
from envrunner.relay.engine import Engine
from envrunner.relay.exchange import Exchange
from envrunner.relay.fields import Headers
from envrunner.relay.identity import Identity
from envrunner.relay.keeping import Keeping
from envrunner.relay.peers import Peer
from envrunner.relay.stream import Outlet
from envrunner.relay.tunnels import Tunnel, Tunnels
from envrunner.relay.ways import Ways
from tests.envrunner.relay.wire import Transport, frame, read

_PATH = b"/%027d/laptop/discover" % 1


class _Proven(Identity):
    def is_proven(self, label: str, scheme: str | None, token: str | None) -> bool:
        return True


class _OneWay(Ways):
    """Through ``carrier``, and no other."""

    def __init__(self, carrier: Carrier) -> None:
        super().__init__(Tunnels(), None)
        self._carrier = carrier

    def choose(self, call: Call, *, but: Collection[Carrier] = ()) -> tuple[Carrier, Headers, Tunnel | None]:
        if self._carrier in but:
            raise Refused(503, "There is no other.")
        return self._carrier, call.headers, None


class _Caller(Outlet):
    """What an engine's side is told; it holds ``owed`` bytes of the engine's window."""

    def __init__(self) -> None:
        self.heads: list[Headers] = []
        self.body = b""
        self.owed = 0

    def head(self, headers: Headers, *, end: bool = False) -> None:
        self.heads.append(headers)

    def data(self, data: bytes) -> None:
        self.body += data

    def end(self, trailers: Headers | None = None) -> None:
        """It is whole."""

    def abort(self, code: int = 0) -> None:
        """It is not."""

    def taken(self, size: int) -> None:
        self.owed -= size


def test_a_call_that_waited_for_a_connection_that_leaves_holds_no_window() -> None:
    """The engine goes on sending for a while after it was answered; 128 such calls would have closed its connection."""

    async def scenario() -> None:
        caller, carrier = _Caller(), Peer(30.0, lambda _: None)
        carrier.connection_made(Transport())
        carrier.data_received(frame(frames.SETTINGS, frames.SETTING.pack(3, 0)))
        exchange = Exchange(caller, _OneWay(carrier), _Proven(lambda _: ()), Keeping())
        exchange.begin([(b":method", b"POST"), (b":path", _PATH)], end=False)
        for _ in range(2):
            caller.owed += 1000
            exchange.request_data(bytes(1000))
            if not caller.heads:
                carrier.data_received(frame(frames.GOAWAY, bytes(8)))
        exchange.request_end(None)
        assert caller.heads[0][0] == (b":status", b"502")
        assert "closed" in json.loads(caller.body)["message"]
        assert caller.owed == 0
        carrier.connection_lost(None)

    asyncio.run(scenario())


def goodbyes(last_words: bytes) -> list[bytes]:
    """The GOAWAYs that an engine hears after a call on stream 5 and ``last_words``."""

    async def scenario() -> list[bytes]:
        carrier, transport = Peer(30.0, lambda _: None), Transport()
        made = Engine(lambda outlet: Exchange(outlet, _OneWay(carrier), _Proven(lambda _: ()), Keeping()), set())
        made.connection_made(transport)
        call = frame(frames.HEADERS, b"\x83\x86\x04\x02/x", 5, frames.END_HEADERS | frames.END_STREAM)
        made.data_received(frames.PREFACE + frame(frames.SETTINGS) + call)
        made.data_received(last_words)
        made.close()
        assert transport.closed
        made.connection_lost(None)
        return [payload for kind, _, _, payload in read(bytes(transport.written)) if kind == frames.GOAWAY]

    return asyncio.run(scenario())


def test_an_engine_is_told_which_calls_were_seen_before_its_connection_closes() -> None:
    """One that is on its way then can be made again at once: nobody has looked at it (RFC 9113 §6.8)."""
    assert goodbyes(b"") == [b"\0\0\0\5\0\0\0\0"]
    assert goodbyes(frame(frames.PUSH_PROMISE, b"1234", 5)) == [b"\0\0\0\5\0\0\0\1"], "and why, once"
