"""What a first visit loads."""

from __future__ import annotations

import re

from tests.support.plane import CHECKOUT

DIST = CHECKOUT / "web" / "dist"
BUDGET_BYTES = 250 * 1024


def test_the_first_visit_loads_little_script() -> None:
    """The page's own scripts, what they import at once, and the largest page behind them, as gzip sends them."""
    first = set(re.findall(r'(?:src|href)="/console/([\w./-]+\.js)"', (DIST / "index.html").read_text()))
    assert first
    pending, reached = list(first), set(first)
    while pending:
        source = (DIST / pending.pop()).read_text()
        for name in set(re.findall(r"""(?:from|import)\s*["']\./([\w.-]+\.js)["']""", source)):
            if f"assets/{name}" not in reached:
                reached.add(f"assets/{name}")
                pending.append(f"assets/{name}")
    rest = {f"assets/{path.name}" for path in (DIST / "assets").glob("*.js")} - reached
    total = sum(size(name) for name in reached)
    assert total + max((size(name) for name in rest), default=0) <= BUDGET_BYTES


def size(name: str) -> int:
    compressed = DIST / f"{name}.gz"
    return (compressed if compressed.exists() else DIST / name).stat().st_size
