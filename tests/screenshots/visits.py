"""Every page that links lead to from a first one, each photographed and looked at by axe-core."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page

from tests.support.looking import faults, shifted, too_wide
from tests.support.waiting import until

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
WIDTHS = (390, 1280)
_HEIGHT, _TALLEST = 800, 3000
_PATIENCE_SECONDS = 30
# The documents of the API are a program of its own; what else is not a page is known by where it lies.
_NOT_PAGES = re.compile(r"^/(api/|oauth2/|readyz$|.*\.\w+$)")
_IDENTIFIER = re.compile(r"^[a-z]{2,6}_\w{8,}$")
# Skeletons keep the place of what is still coming.
_READY = "!document.querySelector('.skeleton') && !!document.querySelector('h1') && document.fonts.status === 'loaded'"
_LINKS = "Array.from(document.querySelectorAll('a[href]'), (link) => link.href)"


@dataclass(frozen=True)
class Picture:
    """One page at one width in one theme, and what is wrong with it."""

    name: str
    width: int
    theme: Theme
    faults: tuple[str, ...]

    @property
    def file(self) -> str:
        return f"{self.name}-{self.width}-{self.theme}.png"


def name_of(url: str) -> str:
    """``/console/accounts/acc_…/environments/env_…/logs`` is ``environment-logs``."""
    parts = [one for one in urlsplit(url).path.strip("/").split("/") if one != "console"]
    for plural, singular in (("environments", "environment"), ("accounts", "account")):
        for at, part in enumerate(parts[1:], 1):
            if _IDENTIFIER.match(part) and parts[at - 1] == plural:
                return "-".join([singular, *parts[at + 1 :]])
    return "-".join(parts) or "home"


def pages(context: BrowserContext, begin: str, wanted: Collection[str]) -> Iterator[str]:
    """The address of one page of each kind, by following links from ``begin``; of those ``wanted``, if any are."""
    page, origin = context.new_page(), "{0.scheme}://{0.netloc}".format(urlsplit(begin))
    waiting, seen = [begin], {name_of(begin)}
    done: set[str] = set()
    subjects: dict[str, str] = {}
    while waiting and not (wanted and done.issuperset(wanted)):
        address = waiting.pop(0)
        ready(page, address)
        if not page.url.startswith(origin):
            # The engine's own UI, say, which lives at its own address.
            continue
        name = name_of(page.url)
        links: list[str] = page.evaluate(_LINKS)
        for link in (one.split("#")[0].split("?")[0] for one in links):
            if not link.startswith(origin) or _NOT_PAGES.match(urlsplit(link).path):
                continue
            # Of several environments the first stands for all.
            own = all(subjects.setdefault(one[:4], one) == one for one in link.split("/") if _IDENTIFIER.match(one))
            if own and name_of(link) not in seen:
                seen.add(name_of(link))
                waiting.append(link)
        if name not in done and (not wanted or name in wanted):
            done.add(name)
            yield page.url


def ready(page: Page, address: str) -> bool:
    """Open it and wait until nothing is coming any more; whether that was so within half a minute."""
    page.goto(address, wait_until="load")
    try:
        until(lambda: _is_ready(page), _PATIENCE_SECONDS)
    except AssertionError:
        return False
    return True


def _is_ready(page: Page) -> bool:
    try:
        # Not wait_for_function: it needs eval, which the pages' policy forbids.
        return bool(page.evaluate(_READY))
    except Error:
        # It is on its way to another address.
        return False


def photographed(browser: Browser, cookies: list[dict[str, object]], address: str, folder: Path) -> Iterator[Picture]:
    """The page at ``address`` at every width and in both themes."""
    for width in WIDTHS:
        context = browser.new_context(viewport={"width": width, "height": _HEIGHT}, reduced_motion="reduce")
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        complete = ready(page, address)
        found = [] if complete else ["something was still coming after 30 s"]
        if (moved := shifted(page)) > 0.02:
            found.append(f"moved by itself: {moved:.3f}")
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            picture = Picture(name_of(address), width, theme, (*found, *_wrong(page)))
            _shoot(page, folder / picture.file)
            yield picture
        context.close()


def _wrong(page: Page) -> list[str]:
    wide = too_wide(page)
    return [*faults(page), *([f"{wide} px too wide"] if wide else [])]


def _shoot(page: Page, path: Path) -> None:
    # A window as high as the page: what sticks to the window's edges is then at the page's.
    width = (page.viewport_size or {"width": WIDTHS[-1]})["width"]
    height: int = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(_HEIGHT, min(height, _TALLEST))})
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": _HEIGHT})
