"""Which plane, whose token, which account: flags, then RCLOUD_… variables, then the stock CLI's configuration."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from urllib.parse import urlsplit

from rcloud import stock_config
from rcloud.errors import NotLoggedIn, Usage

# RFC 6750 §2.1; anything else would break the header, and be shown where that is complained about.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class Flags:
    """What the command line said; None where it said nothing."""

    url: str | None = None
    token: str | None = None
    account: str | None = None
    output: Format | None = None
    quiet: bool = False
    verbose: bool = False

    def or_else(self, outer: Flags) -> Flags:
        """These flags, completed by those given before the command's name."""
        return Flags(
            self.url or outer.url,
            self.token or outer.token,
            self.account or outer.account,
            self.output or outer.output,
            self.quiet or outer.quiet,
            self.verbose or outer.verbose,
        )


class Target:
    """The plane that a command talks to."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags

    @cached_property
    def _stock(self) -> tuple[str | None, str | None]:
        return stock_config.login()

    @cached_property
    def url(self) -> str:
        """The origin of the plane. Raises `Usage` when nothing names one."""
        given = self._flags.url or os.environ.get("RCLOUD_URL") or self._stock[0]
        if not given:
            raise Usage("Which plane?", "Say so once: rcloud login --url https://your-plane (or set RCLOUD_URL).")
        return origin(given)

    @cached_property
    def token(self) -> str:
        """The access token. Raises `NotLoggedIn` when there is none for this plane, or when its time is over."""
        token = self._flags.token or os.environ.get("RCLOUD_TOKEN") or self.stored_token
        if token is None:
            raise NotLoggedIn(f"You are not logged in to {self.url}.", self.login_advice)
        # Files and secret stores like to add a line end.
        token = token.strip()
        if not _TOKEN.fullmatch(token):
            raise Usage("What is given as the access token is not one.", "Look at --token and RCLOUD_TOKEN.")
        ended = expiry(token)
        if ended and ended <= datetime.now(UTC):
            raise NotLoggedIn(f"Your login to {self.url} ended at {ended:%Y-%m-%d %H:%M} UTC.", self.login_advice)
        return token

    @property
    def account(self) -> str | None:
        """The account named for this command: a name or an id."""
        return self._flags.account or os.environ.get("RCLOUD_ACCOUNT")

    @property
    def login_advice(self) -> str:
        return f"Log in: rcloud login --url {self.url}"

    @property
    def stored_token(self) -> str | None:
        """The stock CLI's, if this very plane gave it."""
        url, token = self._stock
        # It goes to no other plane, whatever --url says.
        try:
            return token if url and origin(url) == self.url else None
        except Usage:
            # An address nobody understands is nobody's: a login must be able to replace it.
            return None


def origin(url: str) -> str:
    """Scheme, host and port; the path is dropped, as the stock CLI does. Raises `Usage`."""
    text = url.strip()
    if "://" not in text:
        text = f"{'http' if _is_loopback(urlsplit(f'//{text}').hostname) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        # What no resolver could even ask for; a UnicodeError is a ValueError.
        (host or "").encode("idna")
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or " " in host or parts.username is not None:
        raise Usage(f"{url!r} is not the address of a plane.", "Write it like https://plane.example.com.")
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, default) else "")


def is_private(url: str) -> bool:
    """Whether what is sent there cannot be read on the way."""
    return url.startswith("https:") or is_here(url)


def is_here(url: str) -> bool:
    """Whether it is on this very machine."""
    return _is_loopback(urlsplit(url).hostname)


def expiry(token: str) -> datetime | None:
    """When a JWT-shaped token ends (`exp`, RFC 7519 §4.1.4); None for another shape."""
    segments = token.split(".")
    if len(segments) < 2:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(segments[1] + "=" * (-len(segments[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (binascii.Error, ValueError, KeyError, TypeError, OverflowError, OSError):
        return None


def _is_loopback(host: str | None) -> bool:
    return host is not None and (host == "localhost" or host.endswith(".localhost") or host in ("127.0.0.1", "::1"))
