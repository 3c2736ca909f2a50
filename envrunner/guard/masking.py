"""What viewers are not shown: the values of the headers that an engine adds when it calls a service, which are secrets.

The engine shows them to whoever may list deployments. An answer to a viewer is therefore read to its end, and every
header's value in it becomes ``***``; what cannot be read is not shown.
"""

from __future__ import annotations

import http.client
import io
import json
import re

MOST_BYTES = 16 * 1024 * 1024
_MASK = "***"
_VIEWER, _ADMIN = "v", "a"
# They stream, and hold none: the web interface's files, descriptions of APIs (one of which is of these headers), SQL,
# in which no table has them, and decoded values, which are the services' own.
_OTHERS = re.compile(
    rb"(?:GET|HEAD) (?:/(?:ui[/?\s]|[?\s])|(?:/v[234])?/(?:services/[^/?\s]+/)?openapi[?\s])"
    rb"|POST (?:/v[234])?/(?:query|internal/services/[^/?\s]+/serdes/decode/[^/?\s]+)[?\s]"
)
_ENCODING = re.compile(rb"(?im)^accept-encoding[ \t]*:.*\r\n")
# Of the engine's answer; the one that is sent has a length of its own.
_FRAMING = frozenset({"transfer-encoding", "content-length", "connection", "keep-alive", "trailer"})


class Unshowable(Exception):
    """The answer cannot be read; the text says why to whoever asked."""


def needed(role: str, target: str, head: bytes) -> bool:
    """For a call of this role to a side of an engine. What is not known to hold no header is masked."""
    return role == _VIEWER and target.endswith(_ADMIN) and not _OTHERS.match(head)


def uncompressed(begun: bytes) -> bytes:
    """The same call, to be answered as it is."""
    head, end, body = begun.partition(b"\r\n\r\n")
    return _ENCODING.sub(b"", head + b"\r\n") + end[2:] + body


def masked(answer: bytes, method: str) -> bytes:
    """An engine's whole answer as a viewer may see it. Raises `Unshowable`."""
    if len(answer) > MOST_BYTES:
        raise Unshowable("The engine's answer is too large to be shown to viewers: ask for one of them by its id.")
    response = http.client.HTTPResponse(_Read(answer), method=method)  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ValueError, OSError) as error:
        raise Unshowable("The engine's answer broke off; please try again.") from error
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unshowable("The engine's answer is compressed, and cannot be shown to viewers.")
    shown = b"" if method == "HEAD" else _body(body, response.status)
    kept = [f"{name}: {value}" for name, value in response.getheaders() if name.lower() not in _FRAMING]
    length = [] if method == "HEAD" else [f"content-length: {len(shown)}"]
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *kept, *length, "connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + shown


def _body(body: bytes, status: int) -> bytes:
    if not body:
        return body
    try:
        return json.dumps(_mask(json.loads(body)), separators=(",", ":")).encode()
    except (ValueError, RecursionError) as error:
        # What the engine says of paths that it does not understand is plain text.
        if status >= 400 and not isinstance(error, RecursionError):
            return body
        raise Unshowable("The engine's answer is not what was expected, and cannot be shown to viewers.") from error


def _mask(found: object) -> object:
    if isinstance(found, list):
        return [_mask(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {name: _hidden(value) if _is_secret(name) else _mask(value) for name, value in found.items()}


def _is_secret(name: str) -> bool:
    return name.replace("_", "").replace("-", "").lower() == "additionalheaders"


def _hidden(value: object) -> object:
    if value is None:
        return None
    return dict.fromkeys(value, _MASK) if isinstance(value, dict) else _MASK


class _Read:
    """What has been read already, for the library that reads sockets."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)
