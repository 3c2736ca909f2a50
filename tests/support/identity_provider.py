"""A real identity provider for tests: npm's certified `oidc-provider`, driven as a browser would drive it."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2

from tests.support.ports import free_port
from tests.support.services import NODE
from tests.support.waiting import until

CLIENT_ID, CLIENT_SECRET = "the-plane", "a secret of the plane and its provider"
ADA = {"email": "ada@corp.example", "email_verified": True, "name": "Ada Lovelace"}


@dataclass
class IdentityProvider:
    issuer: str

    def knows(self, login: str, claims: Mapping[str, Any]) -> None:
        """From now on it says this of whoever signs in as `login` (which is the subject)."""
        httpx2.put(f"{self.issuer}/people/{login}", json=dict(claims), timeout=60).raise_for_status()

    def sends_to(self, redirect_uri: str) -> None:
        """From now on it sends people there, as the plane's entry at the provider says."""
        httpx2.put(f"{self.issuer}/redirects", json=[redirect_uri], timeout=60).raise_for_status()

    def sign_in(self, authorization_url: str, login: str = "ada") -> str:
        """Sign in and consent on the provider's pages; the address it sends the browser back to, unvisited."""
        with httpx2.Client(follow_redirects=False, timeout=60) as browser:
            page = self._follow(browser, browser.get(authorization_url))
            while isinstance(page, httpx2.Response):
                action = re.search(r'action="([^"]+)"', page.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
                assert action, page.text
                assert prompt, page.text
                form = {"prompt": prompt[1], "login": login, "password": "anything"}
                page = self._follow(browser, browser.post(urljoin(self.issuer, action[1]), data=form))
        return page

    def _follow(self, browser: httpx2.Client, answer: httpx2.Response) -> httpx2.Response | str:
        """The provider's next page, or where it leads away from itself."""
        while answer.has_redirect_location:
            target = urljoin(str(answer.url), answer.headers["location"])
            if not target.startswith(f"{self.issuer}/"):
                return target
            answer = browser.get(target)
        return answer


@contextmanager
def running(
    redirect_uris: list[str], *, google: bool = False, people: Mapping[str, Any] | None = None
) -> Iterator[IdentityProvider]:
    """A provider on a port of its own, with this plane as its client."""
    port = free_port()
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": redirect_uris}
    config = {"port": port, "clients": [client], "people": people or {"ada": ADA}, "google": google}
    argv = [str(NODE), "identity_provider.mjs", json.dumps(config)]
    process = subprocess.Popen(
        argv, cwd=Path(__file__).parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={}
    )
    try:
        until(lambda: _answers(process, port))
        yield IdentityProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, "the identity provider has ended"
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
