"""Who may open tunnels of which environment, and which keys its engine signs with: the tables of docs/wire.md."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from envrunner.relay.identity import public_key

_KEY_ROLES = frozenset({"full"})
_MEMBER_ROLES = frozenset({"owner", "admin", "developer"})
_NEVER = float("inf")

UNKNOWN = "This credential is not known here, or was revoked. Log in again, or use another API key."
EXPIRED = "This credential has expired. Log in again, or use another API key."
OTHER_ENVIRONMENT = "This API key belongs to another environment than the one the tunnel was asked for."
NOT_FULL = "An API key opens tunnels only with the role Full. Create one with that role."
NO_MEMBER = "This environment does not exist, or you are not a member of its account."
VIEWER = "Viewers cannot open tunnels. Ask an owner or admin of the account for the role Developer."
NO_ENVIRONMENT = "This environment does not exist any more."


@dataclass(frozen=True)
class _Principal:
    """``label`` and ``role`` of an API key; ``user_id`` of a person's access token."""

    expires_at: float
    label: str = ""
    role: str = ""
    user_id: str = ""


@dataclass(frozen=True)
class _Route:
    account_id: str
    keys: tuple[Ed25519PublicKey, ...]


class Standing:
    """In memory, on the loop's thread. What it does not understand, it does not let in."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._digest_key: bytes | None = None
        self._principals: dict[str, _Principal] = {}
        self._members: dict[str, str] = {}
        self._routes: dict[str, _Route] = {}

    def replace(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Take everything anew."""
        self._principals, self._members, self._routes, self._digest_key = {}, {}, {}, None
        self.apply((name, key, value) for name, table in tables.items() for key, value in table.items())

    def apply(self, entries: Iterable[tuple[str, str, Any]]) -> None:
        """Table, key and value (None deletes) of each change."""
        for name, key, value in entries:
            if name == "principals":
                _put(self._principals, key, _principal(value))
            elif name == "members":
                _put(self._members, key, value and str(value.get("role")))
            elif name == "routes":
                _put(self._routes, key, _route(value))
            elif (name, key) == ("settings", "digestKey"):
                self._digest_key = str(value).encode() if value else None
        self._changed()

    def keys_of(self, label: str) -> tuple[Ed25519PublicKey, ...]:
        """The keys that the environment's engine may sign with; none for an unknown environment."""
        route = self._routes.get(label)
        return route.keys if route else ()

    def digest(self, token: str) -> str:
        """The name of a credential in the tables; empty while the tables have no key."""
        if self._digest_key is None:
            return ""
        digest = hashlib.sha256(self._digest_key + token.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def expires_at(self, digest: str) -> float:
        """Unix time; 0 for an unknown credential."""
        found = self._principals.get(digest)
        return found.expires_at if found else 0.0

    def refusal(self, digest: str, label: str) -> str | None:
        """Why this credential may not hold a tunnel of this environment; None when it may."""
        found = self._principals.get(digest)
        if found is None:
            return UNKNOWN
        if found.expires_at <= time.time():
            return EXPIRED
        return self._of_user(found.user_id, label) if found.user_id else self._of_key(found, label)

    def _of_key(self, key: _Principal, label: str) -> str | None:
        if key.label != label:
            return OTHER_ENVIRONMENT
        if label not in self._routes:
            return NO_ENVIRONMENT
        return None if key.role in _KEY_ROLES else NOT_FULL

    def _of_user(self, user_id: str, label: str) -> str | None:
        route = self._routes.get(label)
        role = self._members.get(f"{user_id}/{route.account_id}") if route else None
        if role is None:
            return NO_MEMBER
        return None if role in _MEMBER_ROLES else VIEWER


def _put(table: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401 any table's
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


def _principal(value: Mapping[str, Any] | None) -> _Principal | None:
    if value is None:
        return None
    try:
        expiry = value.get("expiresAt")
        expires_at = _NEVER if expiry is None else datetime.fromisoformat(str(expiry)).timestamp()
        if value["kind"] == "user":
            return _Principal(expires_at, user_id=str(value["userId"]))
        # A workload's token ends within the hour: it calls and deploys, and holds no tunnel.
        if value["kind"] != "api_key":
            return None
        return _Principal(expires_at, label=str(value["label"]), role=str(value["role"]))
    except (KeyError, ValueError):
        return None


def _route(value: Mapping[str, Any] | None) -> _Route | None:
    if value is None or value.get("status") not in ("ON", "OFF"):
        return None
    keys = (public_key(one) for one in value.get("signingPublicKeys") or ())
    return _Route(str(value.get("accountId")), tuple(key for key in keys if key is not None))
