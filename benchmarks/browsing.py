"""How soon the console can be used by somebody whose browser has never seen it, and what it moves meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from benchmarks.figures import Figure, Outcome, Skipped, Target, figure
from benchmarks.plane import Api, Plane
from benchmarks.probing import wait_for_ok
from benchmarks.scale import Scale

_GROUP = "The console: first visit, empty cache, to the list of environments"
_INTERACTIVE, _SCRIPT, _SHIFT = Target("at most", 1000.0), Target("at most", 250.0), Target("at most", 0.02)
_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]
_PATIENCE_MILLISECONDS = 60_000
# Interactive: the list is there, what makes another environment can be pressed, and a frame has shown both.
_WATCH = """
  window.measured = { shift: 0, long: 0 };
  const add = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  add("layout-shift", (one) => { measured.shift += one.value; });
  add("longtask", (one) => { measured.long += one.duration; });
  const look = () => {
    if (document.querySelector("main tbody tr") && document.querySelector('main a[href$="/environments/new"]')) {
      measured.interactive = performance.now();
    } else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""
# Looked at once nothing is coming any more: what comes late moves things, too.
_TAKEN = """new Promise((resolve) => {
  const complete = () => document.readyState === "complete" && !document.querySelector(".skeleton");
  const settled = () => measured.interactive && complete();
  const wait = () => (settled() ? requestIdleCallback(resolve) : requestAnimationFrame(wait));
  wait();
}).then(() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const kibibytes = (some) => some.reduce((sum, one) => sum + one.transferSize, 0) / 1024;
  return { ...measured, all: kibibytes(all), script: kibibytes(all.filter(({ name }) => name.endsWith(".js"))) };
})"""


@dataclass(frozen=True)
class _Visit:
    """Times in milliseconds from the start of the navigation, sizes in KiB as they were sent."""

    interactive: float
    long: float
    shift: float
    all: float
    script: float


def measure(one: Plane, api: Api, scale: Scale, tell: Callable[[str], None]) -> Outcome:
    """A session's first visits, each in a browser profile of its own; the first of all is not counted."""
    executable = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if executable is None:
        return Outcome(skipped=[Skipped("console", "Chromium is not installed (Debian: apt-get install chromium)")])
    environment = api.create()
    wait_for_ok(environment.ingress_port, environment.token)
    site = f"http://127.0.0.1:{one.base}"
    address = f"{site}/console/accounts/{api.account_id}/environments"
    cookie = {"name": "rc_session", "value": api.browser_session(), "url": site}
    visits = []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable, args=_OPTIONS) as browser,
    ):
        for number in range(scale.console_visits + 1):
            tell(f"console: visit {number} of {scale.console_visits}")
            visits.append(_visit(browser, address, cookie))
    api.purge(environment.environment_id)
    return Outcome(_figures(visits[1:]))


def _visit(browser: Browser, address: str, cookie: dict[str, str]) -> _Visit:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        context.add_cookies([cookie])  # type: ignore[list-item]
        context.add_init_script(_WATCH)
        page = context.new_page()
        page.goto(address)
        page.locator("main tbody tr").first.wait_for(timeout=_PATIENCE_MILLISECONDS)
        return _Visit(**page.evaluate(_TAKEN))
    finally:
        context.close()


def _figures(visits: list[_Visit]) -> list[Figure]:
    def column(key: str, name: str, unit: str, values: list[float], target: Target | None = None) -> Figure:
        return figure((f"console.{key}", _GROUP, name, unit), values, target=target)

    return [
        column(
            "interactive", "the list is shown and can be used", "ms", [one.interactive for one in visits], _INTERACTIVE
        ),
        column("long", "in tasks longer than 50 ms", "ms", [one.long for one in visits]),
        column("script", "script, as it was sent", "KiB", [one.script for one in visits], _SCRIPT),
        column("all", "all of it, as it was sent", "KiB", [one.all for one in visits]),
        column("shift", "layout shift (CLS)", "score", [one.shift for one in visits], _SHIFT),
    ]
