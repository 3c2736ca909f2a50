"""What Prometheus is told about the node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from envrunner.agent.node import Node
from envrunner.shipping.backlog import backlogs
from envrunner.wire import EngineState, environment_id_of, label_of


class NodeCollector(Collector):
    """Counts taken from the states when asked, so that none can drift."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def collect(self) -> Iterable[Metric]:
        """Engines by state, and restarts after an unexpected end by environment."""
        return list(self._metrics())

    def _metrics(self) -> Iterator[Metric]:
        states = self._node.states()
        counts = Counter(one.state for one in states)
        engines = GaugeMetricFamily("envrunner_engines", "Engines by state", labels=["state"])
        for state in EngineState:
            engines.add_metric([state.value], counts[state])
        yield engines
        held = "1 when the kernel holds engines to what they may connect to"
        yield GaugeMetricFamily("envrunner_egress_rules", held, value=int(self._node.egress.active))
        restarts = CounterMetricFamily(
            "envrunner_engine_restarts", "Unexpected ends of an engine", labels=["environment_id"]
        )
        for one in states:
            if one.state is not EngineState.ABSENT:
                restarts.add_metric([one.environment_id], one.restarts)
        yield restarts
        yield from self._logs([one.environment_id for one in states if one.state is not EngineState.ABSENT])

    def _logs(self, environment_ids: list[str]) -> Iterator[Metric]:
        label = ["environment_id"]
        waiting = GaugeMetricFamily("envrunner_log_waiting_bytes", "Of an engine's log, not sent yet", labels=label)
        left_out = CounterMetricFamily("envrunner_log_left_out_lines", "Beyond the tenant's rate", labels=label)
        gaps = CounterMetricFamily("envrunner_log_gaps", "Times lines were rotated away unsent", labels=label)
        for name, backlog in backlogs(self._node.settings, list(map(label_of, environment_ids))):
            environment_id = environment_id_of(name)
            waiting.add_metric([environment_id], backlog.waiting_bytes)
            left_out.add_metric([environment_id], backlog.left_out)
            gaps.add_metric([environment_id], backlog.gaps)
        yield from (waiting, left_out, gaps)


class Metrics:
    """The node's figures and this process's own."""

    def __init__(self, node: Node) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(NodeCollector(node))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """The exposition format, text version 0.0.4."""
        return generate_latest(self._registry)
