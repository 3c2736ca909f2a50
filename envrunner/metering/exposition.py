"""The few series we want of an engine's metrics (Prometheus' text format 0.0.4), taken from it as it comes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

# The engine's labels hold no quotes and braces, whatever its tenant calls a service.
_SERIES = re.compile(
    rb"^restate_(ingress_requests_total|ingress_request_duration_seconds(?:_count)?"
    rb"|usage_leader_journal_entry_count_total|invoker_invocation_tasks_total)\{([^\n]*)\} (\S+)$",
    re.MULTILINE,
)
# Each begins where one may, and gives nothing back: whatever stands there, one pass is enough.
_LABEL = re.compile(rb'(?:^|,)(\w++)="([^"\n]*+)"')
_MOST_KINDS = 2000
_LONGEST = 4096
_MOST = 2**40

Kind = tuple[bytes, bytes]
"""Service and kind of call."""


@dataclass(frozen=True)
class Counts:
    """Since the engine has started, or of some time."""

    requests: int = 0
    errors: int = 0
    invocations: int = 0
    completed_invocations: int = 0
    failed_attempts: int = 0

    def since(self, earlier: Counts) -> Counts:
        """The difference. A counter that went back has begun anew."""
        pairs = ((name, getattr(earlier, name)) for name in self.__dataclass_fields__)
        return Counts(**{name: now - was if (now := getattr(self, name)) >= was else now for name, was in pairs})

    def __add__(self, other: Counts) -> Counts:
        names = self.__dataclass_fields__
        return Counts(**{name: min(_MOST, getattr(self, name) + getattr(other, name)) for name in names})


@dataclass
class Reading:
    """What an engine has told. ``answered`` counts requests by kind, ``quantiles`` are seconds of the last minute."""

    totals: dict[str, int] = field(default_factory=dict)
    answered: dict[Kind, int] = field(default_factory=dict)
    quantiles: dict[Kind, dict[float, float]] = field(default_factory=dict)

    @property
    def counts(self) -> Counts:
        """Since the engine has started."""
        return Counts(**self.totals)


class Parser:
    """`feed` it bytes as they come; it holds no more than the end of a line that is not complete."""

    def __init__(self) -> None:
        self.reading = Reading()
        self._rest = b""

    def feed(self, part: bytes) -> None:
        """Lines may be cut anywhere. What cannot be understood is passed over."""
        text, _, rest = (self._rest + part).rpartition(b"\n")
        self._rest = rest[-_LONGEST:]
        for name, labels, value in _SERIES.findall(text):
            self._take(name, dict(_LABEL.findall(labels)), value)

    def _take(self, name: bytes, labels: dict[bytes, bytes], text: bytes) -> None:
        try:
            value = float(text)
        except ValueError:
            return
        if not 0 <= value < math.inf:
            return
        if name == b"ingress_request_duration_seconds":
            self._quantile(labels, value)
        elif name == b"ingress_request_duration_seconds_count":
            if len(self.reading.answered) < _MOST_KINDS:
                self.reading.answered[_kind(labels)] = int(min(value, _MOST))
        else:
            for figure in _figures(name, labels):
                self.reading.totals[figure] = min(_MOST, self.reading.totals.get(figure, 0) + int(min(value, _MOST)))

    def _quantile(self, labels: dict[bytes, bytes], value: float) -> None:
        kind, quantile = _kind(labels), labels.get(b"quantile", b"")
        if re.fullmatch(rb"[01](\.\d+)?", quantile) and (
            kind in self.reading.quantiles or len(self.reading.quantiles) < _MOST_KINDS
        ):
            self.reading.quantiles.setdefault(kind, {})[float(quantile)] = value


def _kind(labels: dict[bytes, bytes]) -> Kind:
    return labels.get(b"rpc_service", b""), labels.get(b"rpc_type", b"")


def _figures(name: bytes, labels: dict[bytes, bytes]) -> tuple[str, ...]:
    if name == b"ingress_requests_total":
        # Those that are merely admitted are of any kind, health checks included.
        if b"rpc_service" not in labels:
            return ()
        return ("requests",) if labels.get(b"status") == b"completed" else ("requests", "errors")
    if name == b"usage_leader_journal_entry_count_total":
        entries = {b"Command/Input": ("invocations",), b"Command/Output": ("completed_invocations",)}
        return entries.get(labels.get(b"entry", b""), ())
    return ("failed_attempts",) if labels.get(b"status") == b"failed" else ()
