"""Where to go after signing in: a path of this origin, whatever a link to us says."""

import posixpath
from urllib.parse import quote, unquote, urlsplit

# Leads who is signed in to the console, which is where whoever was going nowhere belongs.
HOME = "/"
CONSOLE = "/console/"
# An authorization request, `state` and all, is carried along.
_LENGTH = 8000
# Going to one of these would do something, or lead in a circle.
_NEVER = ("/api/", "/login", "/signup")
_ALWAYS = "/login?response_type=code&"


def safe_next(text: str | None, otherwise: str = HOME) -> str:
    """`text` if it is a path (with query) of this origin that one may be sent to, else `otherwise`.

    Refused are other origins in every spelling browsers understand (`//x`, `/\\x`, `javascript:`, control characters,
    any of it percent-encoded, once or more), addresses of the API, and the pages for signing in themselves.
    """
    return text if text and _is_safe(text) else otherwise


def with_next(path: str, next_path: str) -> str:
    """`path` with `?next=`, unless that is home anyway."""
    joint = "&" if "?" in path else "?"
    return path if next_path == HOME else f"{path}{joint}next={quote(next_path, safe='/')}"


def _is_safe(text: str) -> bool:
    if len(text) > _LENGTH or not text.isascii() or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        return False
    try:
        path = _decoded(urlsplit(text).path)
    except ValueError:
        return False
    plain = path.startswith("/") and "\\" not in path and path.isprintable() and "//" not in path
    return (
        plain
        and text.startswith("/")
        and not text.startswith("//")
        and posixpath.normpath(path).rstrip("/") == path.rstrip("/")
        and (not path.lower().startswith(_NEVER) or text.startswith(_ALWAYS))
    )


def _decoded(path: str) -> str:
    """Percent-decoded until nothing changes. Raises `ValueError` for what is encoded more than thrice."""
    for _ in range(4):
        decoded = unquote(path)
        if decoded == path:
            return path
        path = decoded
    raise ValueError
