"""The few calls of the public API and of an environment's admin API that the demonstration makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx2

from embedded.layout import Refused

_TIMEOUT_SECONDS = 30.0


class Api:
    """Control plane API at ``base``; ``token`` is a person's access token once there is one."""

    def __init__(self, base: str) -> None:
        self._base = f"{base}/api/v1"
        self._token: str | None = None

    def enter(self, email: str, password: str) -> None:
        """Log in, signing up first where the address is not known yet."""
        credentials = {"email": email, "password": password}
        answer = self._send("POST", "/auth/login", credentials)
        if answer.status_code in (401, 403, 404):
            answer = self._send("POST", "/auth/signup", credentials)
        self._token = _checked(answer)["accessToken"]

    def get(self, path: str) -> dict[str, Any]:
        """JSON object at ``path``. Raises `Refused` with the API's own message."""
        return _checked(self._send("GET", path))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """JSON answer to ``body``. Raises `Refused` with the API's own message."""
        return _checked(self._send("POST", path, body))

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        return _request(method, self._base + path, headers, body)


def register(admin_url: str, key: str, service_url: str) -> None:
    """Make the service known to the environment, unless it is. Raises `Refused` when it goes on failing."""

    def known() -> bool:
        answer = _request("GET", f"{admin_url}/deployments", bearer(key))
        deployments = answer.json()["deployments"] if answer.is_success else []
        return any(one.get("uri", "").rstrip("/") == service_url for one in deployments)

    def registered() -> bool:
        if known():
            return True
        return _request("POST", f"{admin_url}/deployments", bearer(key), {"uri": service_url}).is_success

    until(registered, "registering the sample service", 30.0)


def call(url: str, key: str, body: object) -> httpx2.Response:
    """Call a handler with an API key. Raises httpx2.HTTPError."""
    return _request("POST", url, bearer(key), body)


def bearer(key: str) -> dict[str, str]:
    """Header that carries an API key."""
    return {"authorization": f"Bearer {key}"}


def until(done: Callable[[], bool], what: str, timeout_seconds: float) -> None:
    """Ask ``done`` until it says yes; failing requests count as no. Raises `Refused` naming ``what``."""
    deadline, problem = time.monotonic() + timeout_seconds, ""
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            problem = f" ({error})"
        time.sleep(0.1)
    raise Refused(f"Gave up {what} after {timeout_seconds:.0f} s{problem}.")


def _request(method: str, url: str, headers: dict[str, str], body: object = None) -> httpx2.Response:
    # All of it is on this machine: a company's proxy could not reach it, and should not see the key.
    return httpx2.request(method, url, json=body, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False)


def _checked(answer: httpx2.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = {}
    if not answer.is_success:
        raise Refused(f"{answer.request.method} {answer.request.url}: {content.get('message', answer.status_code)}")
    return dict(content)
