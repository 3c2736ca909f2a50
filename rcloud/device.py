"""The device authorization grant (RFC 8628): the user agrees in a browser, this program polls for the token."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rcloud import refusals
from rcloud.api import Api
from rcloud.errors import Failure, Unreachable

if TYPE_CHECKING:
    import httpx2

CLIENT_ID = "rcloud"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_AGAIN = "Start again: rcloud login"
_REFUSED = {
    "access_denied": "The login was denied in the browser.",
    "expired_token": "The code was not confirmed in time.",
}
# RFC 8628 §3.2: the interval when the answer names none; §3.5: slow_down adds five seconds.
_INTERVAL_SECONDS, _SLOWER_SECONDS = 5.0, 5.0
_LONGEST_SECONDS = 86_400.0


@dataclass(frozen=True)
class Request:
    """What the user is shown, and what is polled with."""

    device_code: str
    user_code: str
    verification_uri: str
    complete_uri: str
    expires_in_seconds: float
    interval_seconds: float


def requested(api: Api) -> Request:
    """Ask for a code. Raises `Failure`."""
    answer = api.form("/oauth2/device_authorization", client_id=CLIENT_ID)
    if not answer.is_success:
        raise _not_granted(answer, api.url)
    body = refusals.fields(answer)
    try:
        return Request(
            device_code=str(body["device_code"]),
            user_code=str(body["user_code"]),
            verification_uri=str(body["verification_uri"]),
            complete_uri=str(body.get("verification_uri_complete") or body["verification_uri"]),
            expires_in_seconds=_seconds(body["expires_in"]),
            interval_seconds=_seconds(body.get("interval", _INTERVAL_SECONDS)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise refusals.not_a_plane(api.url) from error


def _seconds(value: float) -> float:
    seconds = float(value)
    if not 0 <= seconds <= _LONGEST_SECONDS:
        raise ValueError(value)
    return seconds


def token(api: Api, request: Request) -> str:
    """The access token, once the user has agreed. Raises `Failure` when that was denied or took too long."""
    interval = request.interval_seconds
    deadline = time.monotonic() + request.expires_in_seconds
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(interval, left))
        if interval > left:
            break
        try:
            answer = api.form("/oauth2/token", grant_type=GRANT, device_code=request.device_code, client_id=CLIENT_ID)
        except Unreachable:
            # RFC 8628 §3.5: go on more slowly; the user may be about to agree.
            interval = min(interval * 2, 60.0)
            continue
        granted = refusals.fields(answer).get("access_token") if answer.is_success else None
        if isinstance(granted, str):
            return granted
        interval += _pause(answer, api.url)
    raise Failure(_REFUSED["expired_token"], _AGAIN, code="expired_token")


def _pause(answer: httpx2.Response, url: str) -> float:
    """By how many seconds to slow down. Raises `Failure` for an answer that ends the login."""
    error = refusals.fields(answer).get("error")
    if error == "authorization_pending":
        return 0.0
    if error == "slow_down" or answer.status_code in (429, 502, 503, 504):
        return _SLOWER_SECONDS
    raise _not_granted(answer, url)


def _not_granted(answer: httpx2.Response, url: str) -> Failure:
    body = refusals.fields(answer)
    error = body.get("error")
    if not isinstance(error, str):
        return _no_such_login(answer, url)
    message = _REFUSED.get(error) or str(body.get("error_description") or f"The plane refused the login: {error}.")
    return Failure(message, _AGAIN, code=error, request_id=answer.headers.get("x-request-id"))


def _no_such_login(answer: httpx2.Response, url: str) -> Failure:
    return refusals.not_a_plane(url) if answer.status_code in (404, 405) else refusals.failure(answer, url)
