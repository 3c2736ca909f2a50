"""Why an engine ended, in words a person can act on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from envrunner.keep import last_lines
from envrunner.shipping.lines import Cleaner

_SIGNALS = {one.value: one.name for one in signal.Signals}


def reason(exit_status: int | None, log_file: Path, cleaner: Cleaner) -> str:
    """From the exit status (None: unknown, it was adopted) and the last error in its log. Tenants read it."""
    how = _how(exit_status)
    error = last_error(log_file, cleaner)
    return f"{how}: {error}" if error else how


def last_error(log_file: Path, cleaner: Cleaner) -> str | None:
    """The last error in an engine's log, one printable line; what is not JSON comes from before logging started."""
    for line in reversed(last_lines(log_file)):
        if found := _error(line):
            return cleaner.text(_printable(found))
    return None


def _how(exit_status: int | None) -> str:
    if exit_status is None:
        return "the engine ended"
    if exit_status >= 0:
        return f"the engine ended with exit status {exit_status}"
    name = _SIGNALS.get(-exit_status, f"signal {-exit_status}")
    hint = " (out of memory, or killed by hand)" if name == "SIGKILL" else ""
    return f"the engine was killed by {name}{hint}"


def _printable(text: str) -> str:
    # A tenant's service has a say in the log: one NUL or lone surrogate would spoil the report of every environment.
    return "".join(one if one.isprintable() else " " for one in text)


def _error(line: str) -> str | None:
    try:
        document = json.loads(line)
        fields = document["fields"]
        if document["level"] != "ERROR":
            return None
        parts = [str(fields[name]) for name in ("message", "error", "panic.payload") if fields.get(name)]
        return ": ".join(parts) or None
    except (ValueError, KeyError, TypeError, AttributeError):
        return line.strip() if line.lower().startswith("error") else None
