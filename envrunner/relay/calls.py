"""What an engine asks for: ``/<environment>/<tunnel>/<rest>``, signed by that environment's engine."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, cast

from envrunner.relay.fields import Headers
from envrunner.relay.identity import Identity

NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""Of a tunnel: it goes unescaped into paths and headers."""
_PATH = re.compile(r"/([0-9a-z]{27})/([A-Za-z0-9_-]{1,100})(/[^#]*)?")
_HTTP_VERSION = b"x-restate-tunnel-http-version"
_FORWARDED = b"x-envrunner-relay-forwarded"
"""Another node sent this on, in the engine's words, and with its HTTP version as value."""
_NOT_PASSED_ON = frozenset(
    {
        b":method", b":scheme", b":authority", b":path",
        b"host", b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade",
        _HTTP_VERSION, _FORWARDED,
    }
)  # fmt: skip
_AWAY, _SOON = 503, (b"retry-after", b"1")
_SCHEME: Final = b"x-restate-signature-scheme"
_TOKEN: Final = b"x-restate-jwt-v1"
_LOOKED_AT = frozenset({b":method", b":path", _FORWARDED, _SCHEME, _TOKEN})
_PLAIN: Any = (b":scheme", b"http")
_TUNNEL: Any = (b":authority", b"tunnel")
_NO_PATH = (
    "This is a tunnel proxy: it is called by engines, at /<environment id without env_>/<tunnel name>/… . "
    "Register a service behind a tunnel with `restate deployments register --tunnel-name <name> <url>`."
)
_NOT_PROVEN = (
    "This call does not prove that it comes from the environment it names: a tunnel answers only to the engine of its "
    "own environment. Register the deployment in the environment that the tunnel was opened for."
)


class Refused(Exception):
    """The call goes nowhere. ``status`` and a sentence for whoever registered the deployment."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def head(self) -> Headers:
        """Of the answer."""
        fields = [
            (b":status", str(self.status).encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
        ]
        # Clients dial again within seconds (RFC 9110 §10.2.3).
        return [*fields, _SOON] if self.status == _AWAY else fields

    @property
    def body(self) -> bytes:
        """Of the answer."""
        return json.dumps({"message": str(self)}).encode()


@dataclass(slots=True)
class Call:
    """``headers`` are those for the tunnel's other end; ``forwarded``: from another node, which looked there first."""

    label: str
    name: str
    headers: Headers
    forwarded: bool
    _path: bytes
    _http1: bool

    @property
    def for_another_node(self) -> Headers:
        """The headers with which that node finds, and verifies, what this one did."""
        version = b"1.1" if self._http1 else b"2"
        kept = [one for one in self.headers if one[0] not in (b":path", _HTTP_VERSION)]
        return [*kept[:3], (b":path", self._path), *kept[3:], (_FORWARDED, version)]


def read(headers: Headers, identity: Identity, *, http1: bool) -> Call:
    """The call that an engine's request is. Raises `Refused`, in the same words whether or not something exists."""
    given, rest = _sorted(headers)
    path = given.get(b":path") or b""
    found = _PATH.fullmatch(path.decode("latin-1"))
    if found is None:
        raise Refused(404, _NO_PATH)
    label, name, target = found.groups()
    if not identity.is_proven(label, _text(given.get(_SCHEME)), _text(given.get(_TOKEN))):
        raise Refused(401, _NOT_PROVEN)
    forwarded = given.get(_FORWARDED)
    http1 = http1 or forwarded == b"1.1"
    passed_on: list[Any] = [
        (b":method", given[b":method"]), _PLAIN, _TUNNEL, (b":path", (target or "/").encode("latin-1")), *rest,
    ]  # fmt: skip
    if http1:
        passed_on.append((_HTTP_VERSION, b"HTTP/1.1"))
    return Call(label, name, passed_on, forwarded is not None, path, http1)


def _sorted(headers: Headers) -> tuple[dict[bytes, bytes | None], list[Any]]:
    """What is looked at here, and what is passed on as it is. A field that is there twice has no value:

    whoever verifies after us might read the other one.
    """
    given, rest = dict[bytes, bytes | None](), list[Any]()
    # Any: compiled code would take each tuple apart and make it anew.
    for field in cast("list[Any]", headers):
        name: bytes = field[0]
        if name in _LOOKED_AT:
            given[name] = None if name in given else field[1]
        if name not in _NOT_PASSED_ON:
            rest.append(field)
    return given, rest


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
