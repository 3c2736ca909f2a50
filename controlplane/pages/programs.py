"""Pages on which a person lets a program act for them: the device grant (RFC 8628) and the authorization code."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from controlplane.pages.next_path import with_next
from controlplane.pages.rendering import page
from controlplane.pages.strangers import login_page
from controlplane.pages.visit import Elsewhere, Json, Refused, Visit, signed_in, visiting

router = APIRouter(include_in_schema=False)
Text = str | None
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_OVER = {
    "approved": "This code was approved before. Start again in the program to connect another one.",
    "denied": "This code was refused. Start again in the program to get a new one.",
    "expired": "This code is too old. Start again in the program to get a new one.",
}


@router.get("/device")
async def get_device(request: Request, user_code: Text = None, outcome: Text = None) -> Response:
    """Shows who asks; approves nothing by being opened, whatever the address holds (RFC 8628 §5.4)."""
    visit = await signed_in(request)
    device, problem = await _device(visit, user_code) if user_code else (None, None)
    status = 200 if problem is None else 404
    shown = {"device": device, "code": user_code or "", "problem": problem, "outcome": outcome}
    return page("device.html", visit, shown, status)


@router.get("/login")
async def get_login(request: Request, response_type: Text = None) -> Response:
    """Signing in; with `response_type` an authorization request of a stock CLI, which knows no other address."""
    if response_type is not None:
        return await get_authorize(request)
    return await login_page(request)


@router.get("/oauth2/authorize")
async def get_authorize(request: Request) -> Response:
    """Asks for consent (RFC 6749 §3.1), after signing in."""
    visit = await visiting(request)
    if visit.user is None:
        raise Elsewhere(with_next("/login", f"/oauth2/authorize?{visit.here.partition('?')[2]}"))
    query = dict(request.query_params)
    asked = await visit.post("/auth/authorize", query)
    on_this_machine = asked["redirectHost"].rpartition(":")[0].lower() in _LOOPBACK
    return page("consent.html", visit, {"asked": asked, "query": query, "on_this_machine": on_this_machine})


async def _device(visit: Visit, code: str) -> tuple[Json | None, str | None]:
    """The request behind a code, or why there is none to decide on."""
    try:
        device = await visit.get(f"/auth/device/{_path_segment(code)}")
    except Refused as refused:
        if refused.status >= 500:
            raise
        return None, refused.message
    problem = _OVER.get(device["status"])
    return (None, problem) if problem else (device, None)


def _path_segment(code: str) -> str:
    """Whatever was typed, as letters and digits with hyphens: it becomes part of a path."""
    kept = "".join(c for c in code.upper() if c.isascii() and (c.isalnum() or c == "-"))
    return kept[:32] or "-"
