"""Calls to addresses that somebody else chose: a provider's, a tenant's.

Rules, whoever chose: no redirect is followed, no proxy is used, an answer has at most `MAX_BYTES` and `SECONDS`.
Where a tenant chose, also: https, and every address its name resolves to is public (RFC 6890), checked before the
connection is made and connected to as checked, so that a name which changes its mind (DNS rebinding) gains nothing.
`CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS` names exceptions; within them http will do.
"""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import BoundedSemaphore, Lock
from typing import Any

import httpcore2
import httpx2

from controlplane.core.errors import Busy
from controlplane.settings import settings

MAX_BYTES = 1024 * 1024
SECONDS = 10.0
Address = IPv4Address | IPv6Address
# Public by their number, for some Python at least, and yet not: IPv4 within IPv6, protocols' own, a cloud's service.
_NETWORKS = "2002::/16 2001::/23 3fff::/20 192.0.0.0/24 192.88.99.0/24 168.63.129.16/32"
_NEVER = [ip_network(text) for text in _NETWORKS.split()]
# All of IPv6 that leads anywhere on the internet (RFC 4291 §2.4); the rest stands for IPv4, sites or nothing.
_IPV6 = ip_network("2000::/3")
_places: dict[str, BoundedSemaphore] = {}
_lock = Lock()


class OutboundFailed(Exception):
    """The call had no useful answer; the text is a sentence that says at which step it ended."""


class _Refused(httpcore2.ConnectError):
    """The address is not one that this plane connects to on a tenant's word."""


class _NoSuchName(httpcore2.ConnectError):
    pass


class AnswerTooLarge(httpx2.ReadError):
    pass


@contextmanager
def place(name: str, places: int = 4, tenant: str | None = None) -> Iterator[None]:
    """One of a process's few places for calls of a kind: who waits for a slow peer holds up its like only.

    Half of them at most are one `tenant`'s, who may keep us waiting on purpose. Raises `Busy` at once without one.
    """
    with ExitStack() as taken:
        if tenant is not None:
            taken.enter_context(_one(f"{name} of {tenant}", places // 2))
        taken.enter_context(_one(name, places))
        yield


@contextmanager
def _one(name: str, places: int) -> Iterator[None]:
    with _lock:
        free = _places.setdefault(name, BoundedSemaphore(places))
    if not free.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        free.release()


def client(*, tenants: bool) -> httpx2.Client:
    """For one conversation. `tenants`: a tenant chose the addresses."""
    return httpx2.Client(transport=transport(tenants=tenants))


def transport(*, tenants: bool) -> httpx2.BaseTransport:
    """The same for a client of another kind (Authlib's); one request at a time."""
    return _Guarded(tenants)


def fetch_json(url: str, *, tenants: bool, headers: dict[str, str] | None = None) -> object:
    """The JSON behind `url`. Raises `OutboundFailed`."""
    with explained(url), client(tenants=tenants) as http:
        return parsed(url, http.get(url, headers={"accept": "application/json"} | (headers or {})))


def parsed(url: str, answer: httpx2.Response) -> object:
    """The JSON of a good answer. Raises `OutboundFailed`."""
    if answer.status_code != 200:
        raise OutboundFailed(f"{url} answered with HTTP status {answer.status_code} instead of 200.")
    try:
        found: object = json.loads(answer.content)
    except (ValueError, RecursionError) as error:
        raise OutboundFailed(f"{url} answered with something that is not JSON.") from error
    return found


def check(url: str) -> None:
    """Whether a tenant may have `url` called or a browser sent there, as of now. Raises `OutboundFailed`."""
    with explained(url):
        parsed_url = httpx2.URL(url)
        backend = _Backend(tenants=True)
        backend.begin(parsed_url)
        try:
            backend.addresses(parsed_url.host, parsed_url.port or 443)
        except httpcore2.ConnectError as error:
            raise httpx2.ConnectError(str(error)) from error


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Whatever goes wrong on the way to `url` becomes `OutboundFailed`."""
    try:
        yield
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise OutboundFailed(_sentence(url, error)) from error


def _sentence(url: str, error: Exception) -> str:
    host, cause = httpx2.URL(url).host if not isinstance(error, httpx2.InvalidURL) else url, error.__cause__
    if isinstance(cause, _Refused):
        return str(cause)
    if isinstance(cause, _NoSuchName):
        return f"The name {host} does not resolve (DNS). Check its spelling."
    reasons = [reason for reason in getattr(cause, "args", ()) if isinstance(reason, ssl.SSLError)]
    if reasons:
        return f"{host} speaks no TLS that can be trusted: {reasons[0].reason or 'the handshake failed'}."
    if isinstance(error, httpx2.TimeoutException):
        return f"{host} did not answer in time."
    if isinstance(error, httpx2.ConnectError):
        return f"{host} accepts no connection (TCP)."
    if isinstance(error, AnswerTooLarge):
        return f"{url} answered with more than {MAX_BYTES} bytes, or compressed."
    return f"{url} gave no answer that HTTP permits."


def refused(address: Address) -> bool:
    """Whether a tenant's word is not enough to connect there."""
    address = getattr(address, "ipv4_mapped", None) or address
    if any(address in network for network in settings().outbound_allowed_networks):
        return False
    return not is_public(address)


def is_public(address: Address) -> bool:
    """Whether it is somewhere on the internet (RFC 6890), and not a cloud's own service."""
    elsewhere = address.version == 6 and address not in _IPV6
    never = elsewhere or not address.is_global or address.is_multicast or any(address in one for one in _NEVER)
    return not never


class _Guarded(httpx2.HTTPTransport):
    def __init__(self, tenants: bool) -> None:
        self._backend = _Backend(tenants)
        # No connection is kept: one to an address is proven for one name only.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trust(), max_keepalive_connections=0, network_backend=self._backend
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"
        self._backend.begin(request.url)
        answer = super().handle_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            answer.close()
            raise AnswerTooLarge("compressed", request=request)
        assert isinstance(answer.stream, httpx2.SyncByteStream)  # noqa: S101 - of a synchronous transport
        answer.stream = _Bounded(answer.stream)
        return answer


class _Backend(httpcore2.SyncBackend):
    """Resolves, checks and connects; every wait together lasts at most `SECONDS` a request."""

    def __init__(self, tenants: bool) -> None:
        self._tenants, self._plain, self._deadline = tenants, False, 0.0

    def begin(self, url: httpx2.URL) -> None:
        self._plain, self._deadline = url.scheme != "https", time.monotonic() + SECONDS

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        addresses = self.addresses(host, port)
        last: Exception = httpcore2.ConnectError(host)
        for address in addresses:
            try:
                stream = super().connect_tcp(str(address), port, self.left(timeout), local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream, self.left)
        raise last

    def addresses(self, host: str, port: int) -> list[Address]:
        """What the name resolves to and may be connected to. Raises `httpcore2.ConnectError`."""
        addresses = _resolved(host, port)
        if self._tenants:
            self._check(host, addresses)
        return addresses

    def _check(self, host: str, addresses: list[Address]) -> None:
        for address in addresses:
            if refused(address):
                raise _Refused(
                    f"{host} leads to {address}, which is not a public address. An account's connection has to be "
                    "reachable on the internet; operators of this plane can permit their networks."
                )
        allowed = settings().outbound_allowed_networks
        if self._plain and not all(any(address in network for network in allowed) for address in addresses):
            raise _Refused(f"{host} was to be called by http. Only https is called.")

    def left(self, timeout: float | None) -> float:
        """Seconds until the request is over. Raises `httpcore2.ReadTimeout`."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the whole request took too long")
        return min(left, timeout or left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, left: Callable[[float | None], float]) -> None:
        self._inner, self._left = inner, left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self._left)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for part in self._inner:
            received += len(part)
            if received > MAX_BYTES:
                raise AnswerTooLarge(f"more than {MAX_BYTES} bytes")
            yield part

    def close(self) -> None:
        self._inner.close()


def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise _NoSuchName(host) from error
    # A link-local address may carry its interface behind a percent sign.
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


@lru_cache
def _trust() -> ssl.SSLContext:
    """The system's certification authorities; `SSL_CERT_FILE` names a company's own."""
    return ssl.create_default_context()
