"""Issuers' public keys (OpenID Connect Discovery 1.0, RFC 7517), remembered by each process for a while.

Only issuers that a rule names are asked, as addresses that a tenant chose. Whoever waits for one does so in one of few
places, half of which at most are one account's; what is remembered needs no place.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from joserfc.jwk import Key, RSAKey

from controlplane.core import clock, outbound, urls
from controlplane.core.errors import Busy
from controlplane.core.outbound import OutboundFailed
from controlplane.sso_connections.keys import imported
from controlplane.workload_identity.errors import IssuerUnavailable, IssuerUnusable

FRESH, USABLE = timedelta(hours=1), timedelta(hours=24)
# Whoever invents key ids, or names an issuer that does not answer, makes us ask this often and not more.
PAUSE = timedelta(seconds=30)
_MOST = 500
_PLACES = 8
# Two calls, each of which is over after this.
_PATIENCE_SECONDS = 2 * outbound.SECONDS
_MIN_RSA_BITS = 2048
RULE = "An issuer is an https address without a user, a query or a fragment, at most 500 characters long."


@dataclass
class _Known:
    keys: dict[str | None, Key] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    failure: str = "Its keys are being asked for right now."
    lock: Lock = field(default_factory=Lock)


_known: OrderedDict[str, _Known] = OrderedDict()
_lock = Lock()


def key(issuer: str, kid: object, *, tenant: str) -> Key | None:
    """The issuer's key with this id (null: the only one there is); null when it publishes none such.

    May wait for the network. Raises `IssuerUnavailable`, `Busy`.
    """
    known, wanted = _remembered(issuer), kid if isinstance(kid, str) else None
    if _is_older(known, FRESH) or wanted not in known.keys:
        _refresh(issuer, known, tenant, needed=_is_older(known, USABLE) or wanted not in known.keys)
    if _is_older(known, USABLE):
        raise IssuerUnavailable(known.failure)
    return known.keys.get(wanted)


def check(issuer: str, *, tenant: str) -> None:
    """Ask an issuer for its keys, for somebody who is about to trust it. Raises `IssuerUnusable`, `Busy`."""
    if urls.plain(issuer) is None or "#" in issuer or "?" in issuer:
        raise IssuerUnusable(f"{issuer[:200]!r} cannot be an issuer. {RULE}")
    with outbound.place("issuers of workload tokens", _PLACES, tenant):
        try:
            _fetched(issuer)
        except OutboundFailed as error:
            raise IssuerUnusable(str(error)) from error


def _remembered(issuer: str) -> _Known:
    with _lock:
        known = _known.setdefault(issuer, _Known())
        _known.move_to_end(issuer)
        while len(_known) > _MOST:
            _known.popitem(last=False)
        return known


def _is_older(known: _Known, than: timedelta) -> bool:
    return known.fetched_at is None or known.fetched_at < clock.now() - than


def _may_ask(known: _Known) -> bool:
    return known.tried_at is None or known.tried_at < clock.now() - PAUSE


def _refresh(issuer: str, known: _Known, tenant: str, *, needed: bool) -> None:
    """Where what is known will do, nobody waits for a place or for whoever asks already."""
    if not _may_ask(known) and not known.lock.locked():
        return
    try:
        with outbound.place("issuers of workload tokens", _PLACES, tenant):
            _ask(issuer, known, _PATIENCE_SECONDS if needed else 0)
    except Busy:
        if needed:
            raise


def _ask(issuer: str, known: _Known, patience_seconds: float) -> None:
    if not known.lock.acquire(timeout=patience_seconds):
        return
    try:
        if _may_ask(known):
            known.tried_at = clock.now()
            known.keys, known.fetched_at = _fetched(issuer), clock.now()
    except OutboundFailed as error:
        # What is known stays good until it is no longer `USABLE`.
        known.failure = str(error)
    finally:
        known.lock.release()


def _fetched(issuer: str) -> dict[str | None, Key]:
    """Raises `OutboundFailed`."""
    url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    document = outbound.fetch_json(url, tenants=True)
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        named = str(document.get("issuer") if isinstance(document, dict) else None)[:200]
        raise OutboundFailed(f"{url} says its issuer is {named!r}, not {issuer!r}. The two have to be equal.")
    address = document.get("jwks_uri")
    if not isinstance(address, str):
        raise OutboundFailed(f"{url} does not name its jwks_uri.")
    found = {kid: key for kid, key in imported(_json(address)).items() if _is_strong(key)}
    if not found:
        raise OutboundFailed(f"{address} publishes no key that signatures can be checked with (JWKS).")
    return found


def _json(address: str) -> Any:  # noqa: ANN401 - whatever somebody's JSON held
    return outbound.fetch_json(address, tenants=True)


def _is_strong(key: Key) -> bool:
    # RFC 7518 §3.3.
    return not isinstance(key, RSAKey) or key.public_key.key_size >= _MIN_RSA_BITS
