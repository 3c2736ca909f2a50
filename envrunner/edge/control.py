"""nginx's shared tables, reached through its control socket (control.js)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2

from envrunner.edge.compact import Pair
from envrunner.edge.rendering import Rendering, from_ranges

_TIMEOUT_SECONDS = 10.0
_PAIRS_AT_ONCE = 5_000


class NginxAway(Exception):
    """nginx does not answer on its control socket, or refused: its tables must be taken for unknown."""


@dataclass(frozen=True)
class NginxState:
    """What the running nginx holds. ``epoch`` is empty when it has no tables."""

    epoch: str
    sequence: int
    rendering: Rendering
    master: int


class Control:
    """One thread at a time. Every call raises `NginxAway`."""

    def __init__(self, socket: Path) -> None:
        transport = httpx2.HTTPTransport(uds=str(socket))
        self._http = httpx2.Client(
            base_url="http://nginx", transport=transport, timeout=_TIMEOUT_SECONDS, trust_env=False
        )

    def state(self) -> NginxState:
        """What nginx holds now."""
        body = self._send("GET", "/state").json()
        rendering = Rendering(body["lastSlot"], from_ranges(body["ports"]), body["rendering"])
        return NginxState(body["epoch"], body["sequence"], rendering, body["master"])

    def apply(self, pairs: Iterable[Pair], epoch: str, sequence: int) -> None:
        """Set and delete; nginx notes epoch and sequence only when it has taken all of it."""
        for chunk in _chunks(pairs):
            self._send("POST", "/apply", content=_lines(chunk))
        self._send("POST", f"/apply?epoch={epoch}&sequence={sequence}")

    def replace(self, pairs: Iterable[Pair], epoch: str, sequence: int) -> None:
        """Make nginx hold exactly ``pairs``. What is no longer valid goes first; what stays valid is never missing."""
        wanted = [pair for pair in pairs if pair[1] is not None]
        keep = {key for key, _ in wanted} | {".epoch", ".sequence"}
        present = self._send("GET", "/keys").text.split("\n")
        self.apply([*((key, None) for key in present if key and key not in keep), *wanted], epoch, sequence)

    def used(self, since: int) -> dict[str, int]:
        """keyId → second (Unix time, rounded down to ten) of the last use, for keys used since then."""
        lines = self._send("GET", f"/used?since={since}").text.splitlines()
        return {key: int(second) for key, _, second in (line.partition("\t") for line in lines)}

    def forget_flights(self) -> None:
        """What was counted of requests under way counts no longer."""
        self._send("POST", "/flights")

    def throttled(self) -> dict[tuple[str, str, str], int]:
        """Refusals since this was asked last, by limit, label and principal ("" of those beyond the first fifty)."""
        lines = (line.split("\t") for line in self._send("POST", "/throttled").text.splitlines())
        return {(kind, label, principal): int(count) for count, kind, label, principal in lines}

    def _send(self, method: str, path: str, content: str = "") -> httpx2.Response:
        try:
            response = self._http.request(method, path, content=content.encode())
        except httpx2.TransportError as error:
            raise NginxAway(type(error).__name__) from error
        if not response.is_success:
            raise NginxAway(f"status {response.status_code}")
        return response


def _chunks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == _PAIRS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _lines(pairs: Iterable[Pair]) -> str:
    return "\n".join(key if value is None else f"{key}\t{value}" for key, value in pairs)
