"""The way from the console into an environment's own engine UI."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from controlplane.pages.visit import Refused, segment, signed_in

router = APIRouter(include_in_schema=False)


@router.get("/accounts/{account_id}/environments/{environment_id}/ui")
async def get_engine_ui(request: Request, account_id: str, environment_id: str) -> Response:
    """To the edge with a code that is good once. Only a person who goes there: frames and scripts are refused."""
    if request.headers.get("sec-fetch-dest", "document") != "document":
        raise Refused(403, {"code": "not_a_visit", "message": "Open the engine UI in a tab of its own."})
    visit = await signed_in(request)
    path = f"/accounts/{segment(account_id)}/environments/{segment(environment_id)}/ui-sessions"
    opened = await visit.post(path, {})
    # The address holds the code: nobody keeps it, and nobody is told where it came from.
    headers = {"referrer-policy": "no-referrer", "cache-control": "no-store"}
    return RedirectResponse(opened["url"], 303, headers=headers)
