"""A deployment's URL, taken apart."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from controlplane.preflight.checks import Failed

_MOST_CHARACTERS = 2_000
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")


@dataclass(frozen=True)
class Target:
    """`path` has no slash at its end; `query` is as given."""

    secure: bool
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    def request(self, sdk_path: str) -> str:
        """What is asked for: the deployment's path, the SDK's, and the deployment's query."""
        return self.path + sdk_path + (f"?{self.query}" if self.query else "")


def parsed(uri: str) -> Target:
    """Raises `Failed`. Stricter than engines are: what two readers could take for two hosts is refused."""
    if len(uri) > _MOST_CHARACTERS or not all(" " < character < "\x7f" for character in uri) or "\\" in uri:
        raise Failed("uri", f"A URL has at most {_MOST_CHARACTERS} characters, none of them blank; encode others (%…).")
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Failed("uri", "This is no URL. It looks like https://service.example.com/restate.") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise Failed("uri", "A service's URL begins with https:// or http:// and a host.")
    if "@" in parts.netloc:
        raise Failed("uri", "The URL holds a user name or password, which an engine does not send. Leave it out.")
    if not _AUTHORITY.fullmatch(parts.netloc) or _is_odd_number(host):
        raise Failed(
            "uri", f"{host} is no host name and no address in its usual form, such as 192.0.2.1 or [2001:db8::1]."
        )
    secure = parts.scheme == "https"
    return Target(secure, host, port or (443 if secure else 80), parts.path.rstrip("/"), parts.query)


def _is_odd_number(host: str) -> bool:
    """An address as only some readers take it: 127.1, 0x7f000001, 2130706433, 0177.0.0.1."""
    last = host.rstrip(".").rpartition(".")[2]
    if not (last.isdigit() or last.lower().startswith("0x")) or ":" in host:
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return True
    return False
