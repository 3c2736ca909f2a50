"""The session cookie and the proof that a change made with it comes from our own pages."""

from urllib.parse import urlsplit

from fastapi import Request, Response

from controlplane.login.errors import CrossSiteRefused
from controlplane.settings import is_loopback, settings

NAME = "rc_session"
_SCHEMES = ("http", "https")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def set_on(response: Response, value: str) -> None:
    """No script reads it, no other site's form sends it, no plain-text hop carries it where the plane has TLS."""
    days = settings().session_absolute_days
    response.set_cookie(NAME, value, max_age=days * 86400, path="/", secure=_tls(), httponly=True, samesite="lax")


def clear_on(response: Response) -> None:
    response.delete_cookie(NAME, path="/", secure=_tls(), httponly=True, samesite="lax")


def from_our_pages(request: Request) -> bool:
    """Safe methods need no proof; others need Fetch Metadata (W3C) or an `Origin` that is ours."""
    if request.method in _SAFE_METHODS:
        return True
    if not _by_our_name(request):
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin", "")
    return origin == _own_origin() or origin in {f"{scheme}://{request.headers.get('host')}" for scheme in _SCHEMES}


def refuse_other_sites(request: Request) -> None:
    """For calls without a credential that set the cookie: no other site signs its visitors in as somebody else.

    Programs send neither header and pass. Raises `CrossSiteRefused`.
    """
    if ("sec-fetch-site" in request.headers or "origin" in request.headers) and not from_our_pages(request):
        raise CrossSiteRefused


def _by_our_name(request: Request) -> bool:
    """On one's own machine a page of a name that was led here (DNS rebinding) is, to its browser, of our origin."""
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        return False
    return not settings().is_tried_out or is_loopback(host)


def _own_origin() -> str:
    url = urlsplit(settings().console_url)
    return f"{url.scheme}://{url.netloc}"


def _tls() -> bool:
    return settings().console_url.startswith("https://")
