"""The built console in memory: each file in each encoding, found by its name and never by a path of the client's.

A build adds its files, then replaces the index, and keeps what older pages ask for: a newer build is noticed by its
index, and all that this one names is there by then.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

INDEX = "index.html"
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True)
class File:
    """One file; `encoded` has its bytes by content coding, always with `identity`."""

    media_type: str
    cache_control: str
    digest: str
    encoded: dict[str, bytes]

    def etag(self, coding: str) -> str:
        """Strong, so it differs from coding to coding (RFC 9110 §8.8.3.3)."""
        return f'"{self.digest}-{coding}"'


def load(folder: Path) -> dict[str, File] | None:
    """The files of the build in `folder` by their names; null when there is none."""
    try:
        stamp = (folder / INDEX).stat()
    except OSError:
        return None
    return _read(folder, stamp.st_mtime_ns, stamp.st_ino)


@lru_cache(maxsize=2)
def _read(folder: Path, _time: int, _inode: int) -> dict[str, File]:
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in _TYPES and not path.is_symlink())
    names = [path.relative_to(folder).as_posix() for path in found]
    return {name: file for name in names if (file := _file(folder, name))}


def _file(folder: Path, name: str) -> File | None:
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # of an old build, and taken away at this moment
        return None
    encoded = {"identity": content}
    for coding, suffix in _SUFFIXES.items():
        compressed = path.with_name(path.name + suffix)
        with contextlib.suppress(FileNotFoundError):
            if len(shorter := compressed.read_bytes()) < len(content):
                encoded[coding] = shorter
    # What is in assets/ carries the digest of its content in its name.
    kept = _FOR_EVER if name.startswith("assets/") else _ASK_AGAIN
    return File(_TYPES[path.suffix], kept, hashlib.sha256(content).hexdigest()[:20], encoded)
