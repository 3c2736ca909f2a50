"""Addresses that every reader reads alike: what one takes for a host another might take for a user name."""

import re
from urllib.parse import SplitResult, urlsplit

_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[1-9]\d{0,4})?")


def plain(url: str) -> SplitResult | None:
    """The parts of an http or https address with a host and no user; null for everything else (RFC 3986 §3.2)."""
    if not all(" " < character < "\x7f" for character in url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        readable = (parts.port or 443) < 65536
    except ValueError:
        return None
    web = parts.scheme in {"https", "http"} and bool(parts.hostname)
    return parts if readable and web and _AUTHORITY.fullmatch(parts.netloc) else None
