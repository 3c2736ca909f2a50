"""Style sheet, script modules and pictures of the pages, below a path that changes with any of them.

A module imports its neighbours by relative path, so a page never mixes two versions, and browsers keep all of it.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response

_HERE = Path(__file__).parent / "assets"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_MOMENT = "public, max-age=60"


@lru_cache
def contents() -> dict[str, bytes]:
    """Every file by its name."""
    return {path.name: path.read_bytes() for path in sorted(_HERE.iterdir()) if path.suffix in _TYPES}


@lru_cache
def version() -> str:
    digest = hashlib.sha256()
    for name, content in contents().items():
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:12]


def url(name: str) -> str:
    """The address of one file. Raises `KeyError` when there is none of this name."""
    contents()[name]
    return f"/assets/{version()}/{name}"


def response(asked_version: str, name: str) -> Response | None:
    """One file; null when there is none. Another version than ours happens while a plane is being updated."""
    content = contents().get(name)
    if content is None:
        return None
    kept = _FOR_EVER if asked_version == version() else _FOR_A_MOMENT
    return Response(content, media_type=_TYPES[Path(name).suffix], headers={"cache-control": kept})
