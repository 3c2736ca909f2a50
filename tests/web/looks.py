"""What every page has to be: free of serious faults in both themes, and no wider than a phone."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.support.looking import faults, picture, too_wide

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def reads_well(page: Page, name: str) -> None:
    """Of the page as it stands; ``name`` is that of its screenshots. It is wide again afterwards."""
    for size in (PHONE, WIDE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert too_wide(page) == 0, size
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            picture(page, f"{name}-{size['width']}-{scheme}")
            if size == WIDE:
                assert faults(page) == [], scheme
