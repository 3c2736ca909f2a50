"""Debian's Chromium for tests of pages: one browser a module, a page of its own for each test.

Take the fixtures by importing them: ``from tests.support.browser import chromium, page``. WebAuthn does not take an
IP address for a name, so a page with passkeys is opened at ``on_localhost(plane.api_url)``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_PATIENCE_MILLISECONDS = 60_000
# As root there is no sandbox to be had; /dev/shm is small in containers; nothing is fetched from elsewhere.
_OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running browser; a machine without Chromium fails here and says what to install."""
    with launched() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page without cookies or history; what it waits for comes within a minute or fails."""
    with alone(chromium) as opened:
        yield opened


@contextmanager
def alone(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page of somebody else in the same browser, as fresh and as patient; ``options`` as for ``new_context``."""
    with browser.new_context(**options) as context:
        context.set_default_timeout(_PATIENCE_MILLISECONDS)
        yield context.new_page()


@contextmanager
def visiting(host: str, port: int) -> Iterator[Page]:
    """A page in a browser of its own, to which ``https://host`` is our port, whoever signed its certificate."""
    rule = f"--host-resolver-rules=MAP {host}:443 127.0.0.1:{port}"
    with launched(rule) as browser, alone(browser, ignore_https_errors=True) as opened:
        yield opened


@contextmanager
def launched(*options: str) -> Iterator[Browser]:
    """A browser without a window, gone after the block; ``options`` are further switches of Chromium's."""
    # The same engine without the windows around it, which take two thirds of the processor's time for a page.
    executable = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert executable, "these tests need Chromium: install Debian's package `chromium-headless-shell`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[*_OPTIONS, *options], timeout=_PATIENCE_MILLISECONDS
        )
        yield browser
        browser.close()


def on_localhost(api_url: str) -> str:
    """The same port under the name a passkey can belong to."""
    return api_url.replace("127.0.0.1", "localhost")


class Authenticator:
    """A virtual authenticator (WebAuthn §11) in ``page``: discoverable credentials, with user verification or not."""

    def __init__(self, page: Page, *, verifies_user: bool = True) -> None:
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": verifies_user,
            "isUserVerified": verifies_user,
            "automaticPresenceSimulation": True,
        }
        self.identifier: str = self._send("addVirtualAuthenticator", options=options)["authenticatorId"]

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """What it keeps, private keys included, in the shape of the protocol's ``WebAuthn.Credential``."""
        kept: list[dict[str, Any]] = self._send("getCredentials", authenticatorId=self.identifier)["credentials"]
        return kept

    def take(self, credential: dict[str, Any]) -> None:
        """Put a credential of another authenticator, or an older copy of its own, into this one."""
        known = {"authenticatorId": self.identifier, "credentialId": credential["credentialId"]}
        if credential["credentialId"] in {one["credentialId"] for one in self.credentials}:
            self._send("removeCredential", **known)
        self._send("addCredential", authenticatorId=self.identifier, credential=credential)

    def _send(self, command: str, **arguments: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._cdp.send(f"WebAuthn.{command}", arguments)
        return answer
