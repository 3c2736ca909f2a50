"""From the wire's table entries to the fixed columns the gate (gate.js) reads without parsing.

One entry of the wire becomes zero or more pairs of nginx's table; a pair with value None deletes. An entry that
cannot be understood becomes a deletion: what the edge does not understand, it does not let in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from envrunner.edge import restrictions

Pair = tuple[str, str | None]

API_KEY_ROLES = {"full": "f", "ingress": "i", "admin": "a", "complete_awakeable": "c"}
# What nginx was told in another form is told again.
FORM = "3"
MEMBER_ROLES = {"owner": "f", "admin": "f", "developer": "f", "viewer": "v"}
VOUCHING = {"owner": "m", "admin": "m"}
WORKLOAD_ROLES = {**API_KEY_ROLES, "developer": "f", "viewer": "v"}
STATUSES = {"ON": "1", "OFF": "0"}
NEVER = 9_999_999_999

_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_LABEL = re.compile(r"[0-9a-z]{27}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MEMBER = re.compile(r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,512}")


def digest_key(value: object) -> Iterator[Pair]:
    """The entry ``settings/digestKey``; without it nobody gets in."""
    yield ".key", value if isinstance(value, str) and _KEY.fullmatch(value) else None


def principal(digest: str, value: Mapping[str, Any] | None) -> Iterator[Pair]:
    """An API key or an access token by its digest; the cookie of an engine UI where no Authorization leads to it."""
    if not _DIGEST.fullmatch(digest):
        return
    if value is None or value.get("kind") != "ui_session":
        yield digest, None if value is None else _principal(value)
    if value is None or value.get("kind") == "ui_session":
        yield f"~{digest}", None if value is None else _ui_session(value)


def member(key: str, value: Mapping[str, Any] | None) -> Iterator[Pair]:
    """``userId/accountId`` and the role there; beside it whether that is enough to vouch for workloads' rules."""
    if _MEMBER.fullmatch(key):
        role = "" if value is None else str(value.get("role"))
        yield key, MEMBER_ROLES.get(role)
        yield f"{key}+", VOUCHING.get(role)


def route(label: str, value: Mapping[str, Any] | None, slot: int) -> Iterator[Pair]:
    """One environment: its state, limits, numbered sockets, and the ports that lead to it."""
    if not _LABEL.fullmatch(label):
        return
    yield label, None if value is None else _route(value, slot)
    for port in ports_of(value):
        yield f":{port}", label


def ports_of(value: Mapping[str, Any] | None) -> list[int]:
    """The loopback ports of a route, ingress first."""
    ports = (value.get("ingressPort"), value.get("adminPort")) if value else ()
    return [port for port in ports if isinstance(port, int) and 0 < port < 65_536]


def _principal(value: Mapping[str, Any]) -> str | None:
    expiry = _expiry(value.get("expiresAt"))
    if expiry is None:
        return None
    if value.get("kind") == "user":
        user = str(value.get("userId"))
        return f"u{expiry}{user}" if _ID.fullmatch(user) else None
    if value.get("kind") == "workload":
        return _workload(value, expiry) if value.get("expiresAt") else None
    return _api_key(value, expiry)


def _api_key(value: Mapping[str, Any], expiry: str) -> str | None:
    role, label, key = API_KEY_ROLES.get(str(value.get("role"))), str(value.get("label")), str(value.get("keyId"))
    if role is None or not _LABEL.fullmatch(label) or not _ID.fullmatch(key):
        return None
    if value.get("kind") == "restricted_api_key":
        words = restrictions.words(value.get("restrictions"))
        return words and f"{role.upper()}{label}{expiry}{key} {words} {_fast(words)}"
    return f"{role}{label}{expiry}{key}" if value.get("kind") == "api_key" and "restrictions" not in value else None


def _fast(words: str) -> str:
    """The rate in seven digits, and a name for these restrictions, which fast.js remembers its judgements under.

    The form is in it: another one may judge otherwise.
    """
    rate = words.partition(" ")[0].removeprefix("-")
    name = base64.urlsafe_b64encode(hashlib.sha256(f"{FORM} {words}".encode()).digest())
    return f"{rate:>07}{name[:22].decode()}"


def _workload(value: Mapping[str, Any], expiry: str) -> str | None:
    role, label = WORKLOAD_ROLES.get(str(value.get("role"))), str(value.get("label"))
    user, token = str(value.get("userId")), str(value.get("tokenId"))
    known = role and _LABEL.fullmatch(label) and _ID.fullmatch(user) and _ID.fullmatch(token)
    return f"w{role}{label}{expiry}{user}/{token}" if known else None


def _ui_session(value: Mapping[str, Any]) -> str | None:
    expiry, label = _expiry(value.get("expiresAt")), str(value.get("label"))
    user, token = str(value.get("userId")), str(value.get("tokenId"))
    known = expiry and _LABEL.fullmatch(label) and _ID.fullmatch(user) and _ID.fullmatch(token)
    return f"b{label}{expiry}{user}/{token}" if known and value.get("expiresAt") else None


def _expiry(value: object) -> str | None:
    if value is None:
        return f"{NEVER:010}"
    try:
        return f"{min(max(int(datetime.fromisoformat(str(value)).timestamp()), 0), NEVER):010}"
    except ValueError:
        return None


def _route(value: Mapping[str, Any], slot: int) -> str | None:
    account = str(value.get("accountId"))
    if not _ID.fullmatch(account):
        return None
    ports = [port if port in ports_of(value) else 0 for port in (value.get("ingressPort"), value.get("adminPort"))]
    columns = (
        f"{ports[0]:05}{ports[1]:05}",
        _number(value.get("requestsPerSecond"), 7),
        _number(value.get("requestSizeLimitBytes") or 33_554_432, 10),
        f"{slot:07}",
        _number(value.get("requestsInFlight"), 6),
        _number(value.get("querySeconds"), 4),
        "1" if value.get("readOnly") else "0",
    )
    return f"{STATUSES.get(str(value.get('status')), 'x')}{''.join(columns)}{account}"


def _number(value: object, digits: int) -> str:
    number = value if isinstance(value, int) and value > 0 else 0
    return f"{min(number, 10**digits - 1):0{digits}}"
