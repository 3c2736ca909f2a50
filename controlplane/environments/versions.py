"""Which engine versions an environment may go to: newer ones that its runner has (docs/environments.md).

Never an older one, and at most one minor version on: data goes both ways between those, so that an upgrade whose engine
does not come up can be undone.
"""

import re
from collections.abc import Iterable

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
Parsed = tuple[int, int, int]


def newer(than: str, versions: Iterable[str]) -> list[str]:
    """Those of ``versions`` that may follow, the newest first. Releases only: nothing with a suffix."""
    now = _parsed(than)
    found = {parsed: version for version in versions if (parsed := _parsed(version))}
    return [found[one] for one in sorted(found, reverse=True) if now and _follows(now, one)]


def _follows(now: Parsed, other: Parsed) -> bool:
    return other > now and other[0] == now[0] and other[1] - now[1] <= 1


def _parsed(version: str) -> Parsed | None:
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
