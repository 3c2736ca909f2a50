"""The machine-readable result. Its shape is stable: a changed or removed member gets a new ``schema`` number."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import tools
from benchmarks.engine import engine_version
from benchmarks.figures import Figure, Outcome
from envrunner.edge import nginx

_SCHEMA = 1


def write(outcome: Outcome, load: float, scale: str, path: Path) -> dict[str, Any]:
    """Write and return ``{"schema", "at", "scale", "machine", "versions", "figures", "skipped"}``."""
    content = {
        "schema": _SCHEMA,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": scale,
        "machine": {**machine(), "loadBefore": round(load, 1)},
        "versions": _versions(),
        "figures": [_figure(one) for one in outcome.figures],
        "skipped": [asdict(one) for one in outcome.skipped],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return content


def machine() -> dict[str, str | int | float]:
    """What the figures depend on, without naming the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count() or 0,
        "memoryGiB": round(memory / 2**30),
        "kernel": ".".join(platform.release().split("-")[0].split(".")[:3]),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _versions() -> dict[str, str | None]:
    said = subprocess.run([nginx.binary(), "-v"], capture_output=True, text=True, check=False)
    return {
        "python": platform.python_version(),
        "engine": engine_version(),
        "nginx": said.stderr.strip().rpartition("/")[2],
        "haproxy": tools.version("haproxy", "-v"),
        "wrk": tools.version("wrk", "-v"),
        "h2load": tools.version("h2load", "--version"),
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {**asdict(one), "met": one.met}
