"""Load by wrk (HTTP/1.1) and h2load (HTTP/1.1 and HTTP/2 without TLS, also over unix sockets), as numbers."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import tools
from benchmarks.figures import percentile
from benchmarks.processes import Failed

# wrk prints for people; its own numbers are exact. The request is in the script, so no secret is in a process list.
_SCRIPT = """
wrk.method = @METHOD@
wrk.body = @BODY@
wrk.headers["Authorization"] = @AUTHORIZATION@
wrk.headers["Content-Type"] = @TYPE@
@DELAY@
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\\n{"requests": %d, "micros": %d, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


@dataclass(frozen=True)
class Request:
    """What every connection sends over and over."""

    url: str
    token: str | None = None
    body: str | None = None
    content_type: str = "application/octet-stream"
    socket: Path | None = None
    """Instead of the host and port of ``url``; wrk cannot."""

    @property
    def method(self) -> str:
        """POST with a body, else GET."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True)
class Load:
    """Requests per second, and latency percentiles in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float


def wrk(request: Request, connections: int, seconds: float) -> Load:
    """Raises `Failed` when a single request was refused or broken: then the rate means nothing."""
    with _script(request, 0) as script:
        done = subprocess.run(
            _command(request, connections, seconds, script), capture_output=True, text=True, check=False
        )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise Failed(f"wrk failed: {done.stderr[-500:]}")
    numbers = json.loads(lines[-1])
    if numbers["refused"] or numbers["broken"] or not numbers["requests"]:
        raise Failed(f"{request.url}: {numbers['refused']} refused and {numbers['broken']} broken requests")
    return Load(numbers["requests"] * 1e6 / numbers["micros"], numbers["p50"] / 1000, numbers["p99"] / 1000)


@contextlib.contextmanager
def background(request: Request, per_second: int) -> Iterator[None]:
    """About so many requests a second while the block runs. Raises `Failed` when it ends early."""
    connections = 16
    with _script(request, 1000 * connections // per_second) as script:
        process = subprocess.Popen(
            _command(request, connections, 3600, script), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield
            if process.poll() is not None:
                raise Failed("the background load ended early")
        finally:
            process.kill()
            process.wait()


def h2load(request: Request, connections: int, streams: int, seconds: float) -> Load:
    """HTTP/1.1 when each connection has one stream. No percentiles. Raises `Failed` when a request did not succeed."""
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body"
        body.write_text(request.body or "")
        command = [str(tools.find("h2load")), "-t1", f"-c{connections}", f"-m{streams}", f"-D{max(1, round(seconds))}"]
        command += ["-d", str(body)] if request.body is not None else []
        command += ["--h1"] if streams == 1 else []
        command += ["-B", f"unix:{request.socket}"] if request.socket else []
        command += ["-H", f"content-type: {request.content_type}"]
        command += ["-H", f"authorization: Bearer {request.token}"] if request.token else []
        done = subprocess.run([*command, request.url], capture_output=True, text=True, check=False)
    rate = re.search(r"([0-9.]+) req/s", done.stdout)
    answers = re.search(r"(\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    if not rate or not answers or any(map(int, answers.groups()[1:])):
        raise Failed(f"h2load against {request.url}: {done.stdout[-400:]}{done.stderr[-200:]}")
    return Load(float(rate[1]), float("nan"), float("nan"))


def timed(request: Request, connections: int, seconds: float) -> Load:
    """By h2load over HTTP/1.1, with the percentiles of its log. Raises `Failed` when a request did not succeed."""
    with tempfile.TemporaryDirectory() as folder:
        body, log = Path(folder) / "body", Path(folder) / "log"
        body.write_text(request.body or "")
        command = [str(tools.find("h2load")), "-t1", "--h1", f"-c{connections}", f"-D{max(1, round(seconds))}"]
        command += ["-d", str(body), "-H", f"content-type: {request.content_type}", f"--log-file={log}"]
        command += ["-B", f"unix:{request.socket}"] if request.socket else []
        done = subprocess.run([*command, request.url], capture_output=True, text=True, check=False)
        lines = [line.split("\t") for line in log.read_text().splitlines()] if log.exists() else []
    statuses = {status for _, status, _ in lines}
    if done.returncode or statuses != {"200"}:
        raise Failed(f"h2load against {request.url}: {statuses} {done.stdout[-400:]}{done.stderr[-200:]}")
    took = [int(micros) / 1000 for _, _, micros in lines]
    return Load(len(lines) / max(1, round(seconds)), percentile(took, 0.5), percentile(took, 0.99))


def _command(request: Request, connections: int, seconds: float, script: str) -> list[str]:
    # Whole seconds only: wrk reads "0.5s" as an error.
    return [
        str(tools.find("wrk")),
        "-t1",
        f"-c{connections}",
        f"-d{max(1, round(seconds))}s",
        "-s",
        script,
        request.url,
    ]


@contextlib.contextmanager
def _script(request: Request, delay_ms: int) -> Iterator[str]:
    text = _SCRIPT
    values = {
        "METHOD": request.method,
        "BODY": request.body,
        "AUTHORIZATION": f"Bearer {request.token}" if request.token else None,
        "TYPE": request.content_type if request.body is not None else None,
    }
    for name, value in values.items():
        text = text.replace(f"@{name}@", "nil" if value is None else json.dumps(value))
    text = text.replace("@DELAY@", f"function delay() return {delay_ms} end" if delay_ms else "")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(text)
        file.flush()
        yield file.name
