"""The browser's part: the cookie that binds a sign-in to it, and where it is sent next."""

from urllib.parse import quote, urlencode, urlsplit

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from controlplane.settings import settings
from controlplane.sso.attempts import LIFETIME

COOKIE = "rc_sso"
_PATH = "/api/v1/auth/sso"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LONGEST = 1000


def remember(response: Response, secret: str) -> None:
    seconds = int(LIFETIME.total_seconds())
    response.set_cookie(COOKIE, secret, max_age=seconds, path=_PATH, secure=_tls(), httponly=True, samesite="lax")


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path=_PATH, secure=_tls(), httponly=True, samesite="lax")


def destination(text: str | None) -> str:
    """`text` if it is a path of this origin, else home. What comes of it is only ever put behind our own origin."""
    good = text and text.startswith("/") and text[1:2] not in {"/", "\\"} and len(text) <= _LONGEST
    return text if text and good and text.isascii() and text.isprintable() else "/"


def go_home(path: str) -> RedirectResponse:
    """To a path of ours, by GET."""
    return RedirectResponse(settings().console_url + quote(path, safe="/?&=%#:;,.+-_~!*'()@$"), 303)


def go_away(url: str) -> RedirectResponse:
    return RedirectResponse(url, 302)


def to_login(**parameters: str) -> RedirectResponse:
    return go_home(f"/login?{urlencode(parameters)}")


def own_address(request: Request) -> str | None:
    """Where the same request belongs when it came by another name of this machine: cookies would not come along."""
    own, asked = urlsplit(settings().console_url), request.url
    if asked.hostname == own.hostname or {asked.hostname, own.hostname} - _LOOPBACK:
        return None
    return f"{settings().console_url}{asked.path}{'?' if asked.query else ''}{asked.query}"


def _tls() -> bool:
    return settings().console_url.startswith("https://")
