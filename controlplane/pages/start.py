"""`/start`, the first run: an account, an environment in it, and how to connect. Deep links return from here."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from controlplane.core.names import RULE
from controlplane.pages.next_path import HOME, safe_next, with_next
from controlplane.pages.people import offers
from controlplane.pages.rendering import page
from controlplane.pages.visit import Json, Membership, Visit, signed_in

router = APIRouter(include_in_schema=False)
Text = str | None
_UNDER_WAY = {"PENDING", "RUNNING"}


@router.get("/start")
async def get_start(
    request: Request,
    account: Text = None,
    environment: Text = None,
    operation: Text = None,
    step: Text = None,
) -> Response:
    visit, goal = await signed_in(request), safe_next(request.query_params.get("next"))
    if step == "account" or not visit.accounts:
        return page("start_account.html", visit, {"next": goal, "name_rule": RULE} | await offers(visit))
    asked = visit.account(account)
    if environment:
        return await _one(visit, asked, environment, operation, goal)
    return await _next_step(visit, asked, step, goal)


async def _next_step(visit: Visit, account: Membership, step: str | None, goal: str) -> Response:
    """An environment if there is none yet, else wherever the visitor was going."""
    found = await visit.get(f"/accounts/{account.account_id}/environments", limit="1")
    if step == "environment" or not found["items"]:
        shown = {"account": account, "next": goal, "name_rule": RULE, "first": not found["items"]}
        return page("start_environment.html", visit, shown)
    if goal != HOME:
        return RedirectResponse(goal, 303)
    return RedirectResponse(_connect(account, found["items"][0]["environmentId"]), 303)


async def _one(visit: Visit, account: Membership, identifier: str, operation: str | None, goal: str) -> Response:
    environment = await visit.get(f"/accounts/{account.account_id}/environments/{_segment(identifier)}")
    if operation:
        running = await visit.get(f"/operations/{_segment(operation)}")
        ready = goal if goal != HOME else _connect(account, environment["environmentId"])
        if running["status"] in _UNDER_WAY or running["status"] == "FAILED":
            shown = {"environment": environment, "operation": running, "ready": ready}
            return page("start_progress.html", visit, shown)
        return RedirectResponse(ready, 303)
    return page("start_connect.html", visit, {"account": account, "next": goal} | _shown(environment))


def _shown(environment: Json) -> Json:
    urls = {name: environment[f"{name}BaseUrl"].rstrip("/") for name in ("ingress", "admin")}
    return {"environment": environment, **urls}


def _connect(account: Membership, environment_id: str) -> str:
    return with_next(f"/start?account={account.account_id}&environment={environment_id}", HOME)


def _segment(identifier: str) -> str:
    """An identifier as part of a path; anything else would be asking for another one."""
    return identifier if identifier.isascii() and identifier.replace("_", "").isalnum() else "-"
