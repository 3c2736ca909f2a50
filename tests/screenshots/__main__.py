"""`script/screenshots [PAGE …] [--readme]`: photograph every page of the console and look for what is wrong with it."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import httpx2
from playwright.sync_api import Browser

from tests.controlplane.domains import nameserver
from tests.screenshots import sheet, visits
from tests.screenshots.content import filled
from tests.screenshots.visits import Picture
from tests.support.browser import launched
from tests.support.plane import CHECKOUT, Plane
from tests.support.tenants import PASSWORD, Person

_README = {"environment-connect": "light", "environment-overview": "dark", "environment-logs": "light"}
# Of calls, before anything is photographed: plots of a single point say nothing.
_MINUTES, _README_MINUTES = 2, 10
# So that there is a trust policy to show, and a provider of the company on this machine.
_SETTINGS = {
    "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN": "arn:aws:iam::111122223333:role/restate-plane",
    "CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8",
}
_IMAGES = CHECKOUT / "docs/images"


def main(arguments: list[str]) -> int:
    """Exit status 0 when nothing is wrong with any page, else 1."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    wanted = list(_README) if options.readme else options.pages
    folder: Path = options.output
    folder.mkdir(parents=True, exist_ok=True)
    try:
        pictures = _taken(wanted, folder, _README_MINUTES if options.readme else _MINUTES)
    except KeyboardInterrupt:
        return 130
    if options.readme:
        _IMAGES.mkdir(parents=True, exist_ok=True)
        for name, theme in _README.items():
            sheet.shrink(
                folder / f"{name}-1280-{theme}.png", _IMAGES / f"console-{name.removeprefix('environment-')}.png"
            )
    print(f"{len(pictures)} pictures: {sheet.write(pictures, folder)}")
    missing = sorted(set(wanted) - {one.name for one in pictures})
    for name in missing:
        print(f"✗ no such page: {name}", file=sys.stderr)
    return 1 if missing or any(one.faults for one in pictures) else 0


def _taken(wanted: list[str], folder: Path, minutes: int) -> list[Picture]:
    directory = Path(tempfile.mkdtemp(prefix="controlplane-screenshots-"))
    # Engines run as accounts of their own and must reach their directories.
    directory.chmod(0o711)
    try:
        print("→ starting a plane", flush=True)
        with ExitStack() as open_until_then:
            names = open_until_then.enter_context(nameserver.running())
            settings = {**_SETTINGS, "CONTROLPLANE_DNS_RESOLVER": names.address}
            plane = open_until_then.enter_context(Plane(directory, settings))
            print("→ filling it", flush=True)
            person = open_until_then.enter_context(filled(plane, names, directory, minutes))
            browser = open_until_then.enter_context(launched())
            print("→ visiting", flush=True)
            return everything(browser, plane.api_url, person, wanted, folder)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def everything(browser: Browser, site: str, person: Person, wanted: list[str], folder: Path) -> list[Picture]:
    """All pages of a stranger, then all of ``person``; only those ``wanted`` when any are named."""
    pictures: list[Picture] = []
    for cookies, begin in (([], f"{site}/login"), ([_session(site, person)], f"{site}/console/")):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies(cookies)  # type: ignore[arg-type]
        missing = [name for name in wanted if name not in {one.name for one in pictures}]
        for address in visits.pages(context, begin, missing) if missing or not wanted else ():
            for picture in visits.photographed(browser, cookies, address, folder):
                pictures.append(picture)
                print(f"{'✗' if picture.faults else '✓'} {picture.file}", *picture.faults, sep="\n    ", flush=True)
        context.close()
    return pictures


def _session(site: str, person: Person) -> dict[str, object]:
    answer = httpx2.post(f"{site}/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})
    return {"name": "rc_session", "value": answer.cookies["rc_session"], "url": site}


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/screenshots", description="Photograph every page of the console.")
    parser.add_argument("pages", nargs="*", help="only these, such as environment-logs")
    parser.add_argument("--readme", action="store_true", help="only the README's, and these also into docs/images/")
    parser.add_argument(
        "--output", type=Path, default=Path("build/screenshots"), help="directory for PNGs and index.html"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
