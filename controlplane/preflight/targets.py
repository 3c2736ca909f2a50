"""A deployment's URL, taken apart."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from controlplane.preflight.checks import Failed

_MOST_CHARACTERS = 2_000


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
    """Raises `Failed`."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Failed("uri", "This is no URL. It looks like https://service.example.com/restate.") from error
    _check(uri, parts)
    secure = parts.scheme == "https"
    return Target(secure, host or "", port or (443 if secure else 80), parts.path.rstrip("/"), parts.query)


def _check(uri: str, parts: SplitResult) -> None:
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise Failed("uri", "A service's URL begins with https:// or http:// and a host.")
    if parts.username is not None or parts.password is not None:
        raise Failed("uri", "The URL holds a user name or password, which an engine does not send. Leave it out.")
    if len(uri) > _MOST_CHARACTERS or not all(" " < character < "\x7f" for character in uri):
        raise Failed("uri", f"A URL has at most {_MOST_CHARACTERS} characters, none of them blank; encode others (%…).")
