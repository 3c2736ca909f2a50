"""What the operator of this node can ask, on a unix socket: GET /tunnels, /metrics, /healthz."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from envrunner.relay import compiled
from envrunner.relay.keeping import Keeping
from envrunner.relay.tunnels import Tunnels
from envrunner.wire import environment_id_of

_SECONDS = 10.0


class _TunnelCollector(Collector):
    """By environment: names are the customers' to choose, and without bound."""

    def __init__(self, tunnels: Tunnels, keeping: Keeping) -> None:
        self._tunnels = tunnels
        self._keeping = keeping

    def collect(self) -> Iterable[Metric]:
        return list(self._metrics())

    def _metrics(self) -> Iterator[Metric]:
        kept = "Of requests' bodies, so that another tunnel may get them"
        yield GaugeMetricFamily("envrunner_tunnel_kept_bytes", kept, value=self._keeping.bytes)
        form = "1 when the relay runs in machine code"
        yield GaugeMetricFamily("envrunner_relay_compiled", form, value=int(compiled.in_use()))
        label = ["environment_id"]
        connections = GaugeMetricFamily("envrunner_tunnel_connections", "Open now", labels=label)
        yield _filled(connections, ((one.label, len(one.connections)) for one in self._tunnels))
        counters = {
            "requests": "Calls through tunnels",
            "errors": "Calls that failed in or behind a tunnel",
            "bytes_to_service": "Of requests' bodies",
            "bytes_from_service": "Of answers' bodies",
        }
        totals = self._tunnels.totals()
        for name, text in counters.items():
            family = CounterMetricFamily(f"envrunner_tunnel_{name}", text, labels=label)
            yield _filled(family, ((environment, counts[name]) for environment, counts in totals.items()))


class Status:
    """Answers one question a connection."""

    def __init__(self, tunnels: Tunnels, keeping: Keeping, wants_compiled: bool) -> None:
        self._tunnels = tunnels
        self._wants_compiled = wants_compiled
        self._registry = CollectorRegistry()
        self._registry.register(_TunnelCollector(tunnels, keeping))
        ProcessCollector(registry=self._registry)

    async def listen(self, path: Path) -> asyncio.Server:
        """From now on. An old socket at ``path`` is replaced; the process's umask decides who gets in."""
        return await asyncio.start_unix_server(self._serve, path)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head.split(b" ", 2)[1].decode("ascii", "replace")))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str) -> bytes:
        if path == "/tunnels":
            return _response(
                200, "application/json", json.dumps({"items": [one.view() for one in self._tunnels]}).encode()
            )
        if path == "/metrics":
            return _response(200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(self._registry))
        if path == "/healthz":
            why = compiled.interpreted(self._wants_compiled)
            health = {"status": "ok", "compiled": why is None, "interpretedBecause": why}
            return _response(200, "application/json", json.dumps(health).encode())
        return _response(404, "application/json", b'{"message":"There are /tunnels, /metrics and /healthz."}')


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, figures: Iterable[tuple[str, int]]
) -> CounterMetricFamily | GaugeMetricFamily:
    sums: dict[str, int] = {}
    for label, figure in figures:
        sums[label] = sums.get(label, 0) + figure
    for label, total in sums.items():
        family.add_metric([environment_id_of(label)], total)
    return family


def _response(status: int, kind: str, body: bytes) -> bytes:
    words = {200: "OK", 404: "Not Found"}[status]
    head = (
        f"HTTP/1.1 {status} {words}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
