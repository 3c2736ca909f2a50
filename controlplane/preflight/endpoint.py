"""The checks of a service behind a URL, in the order in which an engine would stumble."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from controlplane.core.destinations import Address, Destinations
from controlplane.preflight import http1, http2
from controlplane.preflight.checks import BIDIRECTIONAL, Answer, Failed, Report, manifest
from controlplane.preflight.dialling import Line, connect, resolve
from controlplane.preflight.http2 import NotHttp2
from controlplane.preflight.signing import DISCOVER
from controlplane.preflight.targets import Target

SECONDS = 10.0
ONLY_HTTP1 = "It speaks HTTP/1.1 only. Register it with --use-http1.1"


@dataclass(frozen=True)
class Caller:
    """Who calls: the environment's headers of a discovery, and the key its SDK should know."""

    headers: dict[str, str]
    signing_public_key: str


def run(target: Target, destinations: Destinations | None, caller: Caller, *, use_http11: bool, report: Report) -> None:
    """Adds what was found; null destinations judge nothing. Raises `Failed`."""
    addresses = resolve(target, destinations, report)
    attempt = _Attempt(target, addresses, caller)
    answer, version = attempt.discover(use_http11, report)
    found = manifest(answer, caller.signing_public_key, report)
    _protocol(found, version, report)
    if version == "HTTP/2" and found.get("protocolMode") == BIDIRECTIONAL:
        attempt.must_stream(answer, report)


@dataclass(frozen=True)
class _Attempt:
    target: Target
    addresses: list[Address]
    caller: Caller

    def discover(self, use_http11: bool, report: Report) -> tuple[Answer, str]:
        """The answer and the version of HTTP it came by."""
        with closing(self._line(["http/1.1"] if use_http11 else ["h2", "http/1.1"], report)) as line:
            if use_http11 or (self.target.secure and line.protocol != "h2"):
                answer = self._get(http1.get, line)
                report.passed("http_version", "It speaks HTTP/1.1.")
                return answer, "HTTP/1.1"
            try:
                answer = self._get(http2.get, line)
            except NotHttp2:
                raise self._no_http2() from None
            report.passed("http_version", "It speaks HTTP/2.")
            return answer, "HTTP/2"

    def must_stream(self, answer: Answer, report: Report) -> None:
        path, headers = self.target.request(DISCOVER), self.caller.headers
        with closing(self._line(["h2"], Report())) as line:
            if http2.buffers(line, self.target.authority, path, headers, answer.took_seconds):
                raise Failed(
                    "streaming",
                    "It says it is bidirectional, but something on the way keeps requests back until they have ended: "
                    "calls would stall. Take `.bidirectional()` out of the SDK, or the buffering out of the host.",
                )
        report.passed("streaming", "Requests reach it as they are sent.")

    def _line(self, protocols: list[str], report: Report) -> Line:
        return connect(self.target, self.addresses, protocols, time.monotonic() + SECONDS, report)

    def _get(self, get: Callable[[Line, str, str, dict[str, str]], Answer], line: Line) -> Answer:
        return get(line, self.target.authority, self.target.request(DISCOVER), self.caller.headers)

    def _no_http2(self) -> Failed:
        """Whether it would do by HTTP/1.1."""
        try:
            with closing(self._line(["http/1.1"], Report())) as line:
                self._get(http1.get, line)
        except Failed:
            return Failed(
                "http_version", "It speaks neither HTTP/2 nor HTTP/1.1: the answer is none that HTTP permits."
            )
        return Failed("http_version", f"{ONLY_HTTP1}, or let it speak HTTP/2 without TLS (h2c) on this port.")


def _protocol(found: dict[str, Any], version: str, report: Report) -> None:
    if found.get("protocolMode") == BIDIRECTIONAL and version != "HTTP/2":
        raise Failed(
            "protocol_mode",
            "It says it is bidirectional, which needs HTTP/2 all the way, and HTTP/1.1 is what is spoken here. Let the "
            "host speak HTTP/2, or have the SDK serve request-response.",
        )
    mode = "bidirectional" if found.get("protocolMode") == BIDIRECTIONAL else "request-response"
    report.passed("protocol_mode", f"It is called in {mode} mode.")
