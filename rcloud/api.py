"""The control plane's API over HTTP: repeated where that is safe, all pages, errors as `Failure`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from rcloud import __version__, refusals
from rcloud.errors import Failure
from rcloud.lazy import lazy
from rcloud.settings import is_here

if TYPE_CHECKING:
    import ssl

    import httpx2
else:
    httpx2, ssl = lazy("httpx2"), lazy("ssl")

Json = Any
API = "/api/v1"
# Waiting longer than this for one answer is the user's decision, not ours.
_LONGEST_PAUSE_SECONDS = 10.0
_PAGE = 100
_TIMEOUT_SECONDS = 60.0


def at(*segments: str) -> str:
    """A path below the API, each segment quoted: nobody's name becomes another address."""
    return API + "".join(f"/{quote(segment, safe='')}" for segment in segments)


class Api:
    """One plane in one person's name; without `token`, in nobody's.

    `say` is told of every request when the user wants to see them. `patience_seconds` bounds one answer.
    """

    pauses: tuple[float, ...] = (0.2, 0.6, 1.5)

    def __init__(
        self,
        url: str,
        token: str | None,
        say: Callable[[str], None] = lambda _: None,
        patience_seconds: float = _TIMEOUT_SECONDS,
    ) -> None:
        self.url = url
        self._say = say
        headers = {"user-agent": f"rcloud/{__version__}", "accept": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        self._client = _client(url, headers, patience_seconds)

    def get(self, path: str, **query: str | int | bool) -> Json:
        """One document. Raises `Failure`."""
        return self._document(self._sent("GET", path, repeatable=True, params=query))

    def all(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """The items of every page. Raises `Failure`."""
        return list(self.each(path, **query))

    def each(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
        """The same, page by page as they are wanted. Raises `Failure`."""
        while True:
            page = self.get(path, limit=_PAGE, **query)
            yield from page["items"]
            if not page.get("next"):
                return
            query["after"] = page["next"]

    def create(self, path: str, body: Mapping[str, Any]) -> Json:
        """POST with an Idempotency-Key, so that repeating it doubles nothing. Raises `Failure`."""
        headers = {"idempotency-key": f"rcloud-{uuid4()}"}
        return self._document(self._sent("POST", path, repeatable=True, json=dict(body), headers=headers))

    def change(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, purge: bool = False) -> Json:
        """Any other call; sent twice only if the first never arrived. Raises `Failure`."""
        request: dict[str, Any] = {} if body is None else {"json": dict(body)}
        if purge:
            request["params"] = {"purge": "true"}
        return self._document(self._sent(method, path, repeatable=False, **request))

    def form(self, path: str, *, repeatable: bool = False, **fields: str) -> httpx2.Response:
        """An OAuth request (RFC 6749 appendix B); any status. Raises `Unreachable`."""
        return self._sent("POST", path, repeatable=repeatable, data=fields)

    @contextmanager
    def stream(
        self, path: str, accept: str, query: Mapping[str, str | int], last_event: str | None = None
    ) -> Iterator[httpx2.Response]:
        """An answer that is read as it comes. Raises `Failure`, also while it is read."""
        headers = {"accept": accept} | ({"last-event-id": last_event} if last_event else {})
        call = self._client.build_request("GET", path, params=dict(query), headers=headers)
        self._say(f"> GET {call.url} (streamed)")
        try:
            answer = self._client.send(call, stream=True)
            try:
                if not answer.is_success:
                    answer.read()
                    raise refusals.failure(answer, self.url)
                yield answer
            finally:
                answer.close()
        except httpx2.TransportError as error:
            raise refusals.unreachable(self.url, _reason(error)) from error

    def _document(self, answer: httpx2.Response) -> Json:
        if not answer.is_success:
            raise refusals.failure(answer, self.url)
        if answer.status_code == 204 or not answer.content:
            return None
        if content := refusals.fields(answer):
            return content
        raise refusals.not_a_plane(self.url)

    def _sent(self, method: str, path: str, *, repeatable: bool, **request: object) -> httpx2.Response:
        for pause in self.pauses:
            try:
                answer = self._once(method, path, request)
                wait = max(pause, _asked_for(answer)) if repeatable and _passing(answer) else None
            except httpx2.ConnectError:
                wait = pause
            except httpx2.TransportError as error:
                if not repeatable:
                    raise refusals.unreachable(self.url, _reason(error)) from error
                wait = pause
            if wait is None or wait > _LONGEST_PAUSE_SECONDS:
                return answer
            self._say(f"  again in {wait:g} s")
            time.sleep(wait)
        try:
            return self._once(method, path, request)
        except httpx2.TransportError as error:
            raise refusals.unreachable(self.url, _reason(error)) from error

    def _once(self, method: str, path: str, request: Mapping[str, Any]) -> httpx2.Response:
        call = self._client.build_request(method, path, **request)
        self._say(f"> {method} {call.url}")
        began = time.monotonic()
        try:
            answer = self._client.send(call)
        except httpx2.TransportError as error:
            self._say(f"< {_reason(error)}")
            raise
        spent = (time.monotonic() - began) * 1000
        self._say(f"< {answer.status_code} in {spent:.0f} ms, request id {answer.headers.get('x-request-id', '–')}")
        return answer


def _client(url: str, headers: Mapping[str, str], patience_seconds: float) -> httpx2.Client:
    encrypted = url.startswith("https:")
    try:
        return httpx2.Client(
            base_url=url,
            headers=headers,
            timeout=httpx2.Timeout(patience_seconds, connect=min(5.0, patience_seconds)),
            # Reading the machine's certificates costs more than most calls; plain HTTP has none to check.
            verify=encrypted,
            # No proxy (HTTP_PROXY) leads to a plane on this machine; SSL_CERT_FILE counts wherever there is TLS.
            trust_env=encrypted or not is_here(url),
            follow_redirects=False,
        )
    except (OSError, ValueError, ImportError) as error:
        advice = "Look at SSL_CERT_FILE, SSL_CERT_DIR, HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
        raise Failure(f"A connection to {url} cannot be prepared: {error}.", advice) from error


def lines(answer: httpx2.Response) -> Iterator[str]:
    """The lines of a streamed answer, as they come. Only a line feed ends one: U+2028 may stand inside."""
    rest = b""
    for chunk in answer.iter_bytes():
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode(errors="replace")
    if rest:
        yield rest.decode(errors="replace")


def _passing(answer: httpx2.Response) -> bool:
    """Whether the same request may well succeed in a moment."""
    if answer.status_code in (502, 503, 504):
        return True
    return answer.status_code == 409 and refusals.fields(answer).get("code") == "request_in_progress"


def _asked_for(answer: httpx2.Response) -> float:
    """Retry-After in seconds; its date form (RFC 9110 §10.2.3) is not used by the plane."""
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdigit() else 0.0


def _reason(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({cause.verify_message}; name your CA's file in SSL_CERT_FILE)"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    return str(error).rstrip(".") or type(error).__name__
