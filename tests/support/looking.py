"""A browser page under watch: no error in its console, no request off its origin, no serious fault for axe-core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.support.plane import CHECKOUT

AXE = CHECKOUT / "tests/node_modules/axe-core/axe.min.js"
# Screenshots of every page go here when it is set.
PICTURES = "PAGES_PICTURES"
# As patient as the fixtures of tests.support.browser: a machine may be busy with everything else.
expect.set_options(timeout=60_000)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    """Chromium also writes a line for each refusal of the API and each page that is none: daily bread, no fault."""
    refusal = message.text.startswith("Failed to load resource") and "/assets/" not in message.location["url"]
    if message.type in {"error", "warning"} and not refusal:
        complaints.append(f"{message.text} at {message.location['url']}")


@contextmanager
def watched(context: BrowserContext, origin: str) -> Iterator[list[str]]:
    """Every page of ``context``; at the end there must be no complaint. Refusals of the API are no errors of a page."""
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda message: _note(complaints, message))

    def asked(url: str) -> None:
        target = urlsplit(url)
        if target.scheme in {"http", "https"} and f"{target.scheme}://{target.netloc}" != origin:
            complaints.append(f"asked {url}")

    context.on("page", watch)
    context.on("request", lambda request: asked(request.url))
    for page in context.pages:
        watch(page)
    yield complaints
    assert complaints == [], complaints


def faults(page: Page) -> list[str]:
    """What axe-core finds in the page as it is, serious or critical; each as one line."""
    # Into an isolated world: the page's own policy would refuse it as a script of the page.
    source = AXE.read_text()
    session = page.context.new_cdp_session(page)
    frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
    session.send("Runtime.evaluate", {"expression": source, "contextId": world})
    run = f"axe.run({{runOnly: {_RULES}}}).then(result => result.violations)"
    done = session.send(
        "Runtime.evaluate", {"expression": run, "contextId": world, "awaitPromise": True, "returnByValue": True}
    )
    session.detach()
    found: list[dict[str, Any]] = done["result"]["value"]
    return [
        f"{fault['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:200]})"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def too_wide(page: Page) -> int:
    """How many pixels the page can be moved sideways."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return max(0, pixels)


def shifted(page: Page) -> float:
    """How far things have moved by themselves since the page was opened (Layout Instability, W3C)."""
    total: float = page.evaluate(
        """() => new Promise((resolve) => {
          let total = 0;
          const observer = new PerformanceObserver((list) => list.getEntries().forEach((one) => (total += one.value)));
          observer.observe({ type: "layout-shift", buffered: true });
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(total))));
        })"""
    )
    return total


def picture(page: Page, name: str) -> None:
    """A screenshot of the whole page, if somebody wants to look."""
    if directory := os.environ.get(PICTURES):
        Path(directory).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)
