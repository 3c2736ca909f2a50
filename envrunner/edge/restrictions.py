"""An API key's restrictions as the words that restrictions.js and fast.js compare with: nothing is parsed there.

Seven words between blanks, ``-`` where nothing is restricted: requests per second, ``r`` for read-only, methods,
networks, services, handlers, object keys. A list is ``"one"two"``: an entry is found together with its two quotes.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_MOST_ENTRIES = 100
_LONGEST = 400
_NAME = r"[A-Za-z0-9_.-]+"
_SERVICE = re.compile(rf"{_NAME}\*?")
_HANDLER = re.compile(rf"{_NAME}/(\*/)?{_NAME}")
_OBJECT_KEY = re.compile(r"[!#-)+-~]+\*?")


def words(value: object) -> str | None:
    """Of the wire's ``restrictions``; None when any of it is not understood: then the key lets nobody in."""
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_WORDS):
        return None
    try:
        return " ".join(_WORDS[name](value[name]) if name in value else "-" for name in _WORDS)
    except (ValueError, TypeError):
        return None


def _rate(value: object) -> str:
    if not isinstance(value, int) or value is True or not 0 < value < 10_000_000:
        raise ValueError(value)
    return str(value)


def _read_only(value: object) -> str:
    if value is not True:
        raise ValueError(value)
    return "r"


def _methods(value: object) -> str:
    return _quoted(value, METHODS.__contains__)


def _names(pattern: re.Pattern[str]) -> Callable[[object], str]:
    return lambda value: _quoted(value, pattern.fullmatch)


def _networks(value: object) -> str:
    networks = _quoted(value, ipaddress.ip_network)[1:-1].split('"')
    return f'"{_joined(prefix for one in networks for prefix in _prefixes(one))}'


def _prefixes(text: str) -> Iterable[str]:
    """``4`` or ``6`` and as many hexadecimal digits as all addresses of the network begin with."""
    network = ipaddress.ip_network(text)
    packed = network.network_address.packed.hex()
    whole, bits = divmod(network.prefixlen, 4)
    if not bits:
        return [f"{network.version}{packed[:whole]}"]
    first = int(packed[whole], 16)
    return [f"{network.version}{packed[:whole]}{digit:x}" for digit in range(first, first + (1 << (4 - bits)))]


def _quoted(value: object, known: Callable[[str], object]) -> str:
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_ENTRIES:
        raise ValueError(value)
    if not all(isinstance(one, str) and len(one) <= _LONGEST and known(one) for one in value):
        raise ValueError(value)
    return f'"{_joined(value)}'


def _joined(entries: Iterable[str]) -> str:
    return "".join(f'{one}"' for one in entries)


_WORDS: Mapping[str, Callable[[object], str]] = {
    "requestsPerSecond": _rate,
    "readOnly": _read_only,
    "methods": _methods,
    "networks": _networks,
    "services": _names(_SERVICE),
    "handlers": _names(_HANDLER),
    "objectKeys": _names(_OBJECT_KEY),
}
