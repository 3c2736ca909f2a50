"""Providers' public keys (JWKS, RFC 7517), remembered by each process and asked for again when a key is unknown."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from controlplane.core import clock, outbound
from controlplane.core.outbound import OutboundFailed

_FRESH, _USABLE = timedelta(hours=1), timedelta(hours=24)
_MOST = 100
# Whoever invents key ids makes us ask this often and not more.
_PAUSE = timedelta(seconds=30)


@dataclass
class _Known:
    keys: dict[str | None, Key] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)


_known: dict[str, _Known] = {}


def key(url: str, kid: str | None, *, tenants: bool, patience_seconds: float) -> Key | None:
    """The key with this id (null: the only one there is) of the set at `url`; null when there is none.

    Asks over the network when the set is old or lacks the key, at most once in half a minute. While one thread asks,
    others wait for `patience_seconds` and then do with what is known.
    """
    if len(_known) > _MOST and url not in _known:
        _known.clear()
    known = _known.setdefault(url, _Known())
    if _is_old(known) or kid not in known.keys:
        _ask(url, known, tenants, patience_seconds)
    usable = known.fetched_at is not None and known.fetched_at > clock.now() - _USABLE
    return known.keys.get(kid) if usable else None


def _is_old(known: _Known) -> bool:
    return known.fetched_at is None or known.fetched_at < clock.now() - _FRESH


def _ask(url: str, known: _Known, tenants: bool, patience_seconds: float) -> None:
    if not known.lock.acquire(timeout=patience_seconds):
        return
    try:
        if known.tried_at is None or known.tried_at < clock.now() - _PAUSE:
            known.tried_at = clock.now()
            known.keys = imported(outbound.fetch_json(url, tenants=tenants))
            known.fetched_at = clock.now()
    except OutboundFailed:
        # What is known stays good until it is no longer `_USABLE`; somebody later tries again.
        pass
    finally:
        known.lock.release()


def imported(document: object) -> dict[str | None, Key]:
    entries = document.get("keys") if isinstance(document, dict) else None
    found: dict[str | None, Key] = {}
    for entry in entries[:_MOST] if isinstance(entries, list) else []:
        one = _signing_key(entry)
        if one is not None:
            found[str(entry.get("kid"))] = one
    # A token without a key id is fine where there is one key only (OpenID Connect Core §10.1).
    if len(found) == 1:
        found[None] = next(iter(found.values()))
    return found


def _signing_key(entry: Any) -> Key | None:  # noqa: ANN401 - whatever somebody's JSON held
    # Symmetric keys are never published: taking one would let everybody sign.
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    try:
        return import_key(entry)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
