"""Where a call can go: through a tunnel that is held here, else to a node that holds it."""

from __future__ import annotations

from collections.abc import Collection

from envrunner.relay.calls import Call, Refused
from envrunner.relay.carrier import Carrier
from envrunner.relay.fields import Headers
from envrunner.relay.peers import Peers
from envrunner.relay.tunnels import Tunnel, Tunnels, choose

_COMMAND = "restate cloud env tunnel --tunnel-name"


class Ways:
    """``peers`` is None where this is the only node."""

    def __init__(self, tunnels: Tunnels, peers: Peers | None) -> None:
        self._tunnels = tunnels
        self._peers = peers

    def choose(self, call: Call, *, but: Collection[Carrier] = ()) -> tuple[Carrier, Headers, Tunnel | None]:
        """A connection that is not among ``but``, the headers to send there, and the tunnel if it is held here.

        Raises `Refused`.
        """
        tunnel = self._tunnels.find(call.label, call.name)
        held = choose(tunnel, but=but) if tunnel else None
        if held is not None:
            return held, call.headers, tunnel
        peer = self._peers.holding(call, but) if self._peers and not call.forwarded else None
        if peer is not None:
            return peer, call.for_another_node, None
        if tunnel is None:
            raise Refused(503, f"No tunnel named {call.name} is open. Start it with `{_COMMAND} {call.name}`.")
        raise Refused(503, f"All connections of the tunnel {call.name} are busy or closing. Try again in a moment.")
