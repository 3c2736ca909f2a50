"""A person's own security, and the invitation that a mail leads to. Everything else is in the console."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from controlplane.login import passwords
from controlplane.pages import sentences
from controlplane.pages.rendering import page
from controlplane.pages.strangers import providers_of
from controlplane.pages.visit import Json, Visit, signed_in, visiting

router = APIRouter(include_in_schema=False)
Text = str | None


@router.get("/account/security")
async def get_security(request: Request, done: Text = None) -> Response:
    visit = await signed_in(request)
    sessions = await visit.get("/auth/sessions")
    assert visit.user is not None  # noqa: S101 - what signed_in promises
    shown = {
        "factors": await visit.get("/auth/second-factors"),
        "sessions": sessions["items"],
        "more_sessions": sessions["next"] is not None,
        "identities": (await visit.get("/auth/identities"))["items"],
        "providers": await providers_of(visit, "/account/security?done=identity_added", link=True),
        "has_password": visit.user["hasPassword"],
        "min_length": passwords.MIN_LENGTH,
        "done": sentences.done(done),
    }
    return page("security.html", visit, shown)


@router.get("/invitation")
async def get_invitation(request: Request, token: str = "") -> Response:
    """Who invites to what; strangers sign in first and come back."""
    visit = await visiting(request)
    found = await _invitation(visit, token) if visit.user else None
    body = {"token": token} if token else {"invitationId": found["invitationId"]} if found else {}
    shown = {"invitation": found, "body": body, "meaning": sentences.ROLES}
    return page("invitation.html", visit, shown)


async def _invitation(visit: Visit, token: str) -> Json | None:
    mine = (await visit.get("/invitations"))["items"]
    return next((one for one in mine if one["invitationId"] == token.partition(".")[0]), None)
