"""Addresses whose pages the console has now: bookmarks and `rcloud open` go on leading there."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse

from controlplane.pages.next_path import CONSOLE, safe_next
from controlplane.pages.visit import segment, signed_in

router = APIRouter(include_in_schema=False)


@router.get("/start")
def get_start(request: Request) -> RedirectResponse:
    """Wherever somebody was going, else the console: it begins with what is missing."""
    return RedirectResponse(safe_next(request.query_params.get("next"), CONSOLE), 303)


@router.get("/outbox")
def get_outbox() -> RedirectResponse:
    return RedirectResponse(f"{CONSOLE}mail", 303)


@router.get("/members")
async def get_members(request: Request, account: str | None = None) -> RedirectResponse:
    """Those of the account asked for, else of the first; who has none begins with one."""
    visit = await signed_in(request)
    asked = [account] if account else [one["accountId"] for one in (await visit.get("/auth/me"))["accounts"]]
    return RedirectResponse(f"{CONSOLE}accounts/{segment(asked[0])}/members" if asked else CONSOLE, 303)
