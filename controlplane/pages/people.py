"""Pages for people who are signed in: their environments, first steps, security, members, mail, invitations."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from controlplane.auth import Role
from controlplane.login import passwords
from controlplane.pages import sentences
from controlplane.pages.rendering import page
from controlplane.pages.strangers import providers_of
from controlplane.pages.visit import Elsewhere, Json, Membership, Refused, Visit, signed_in, visiting
from controlplane.settings import settings

router = APIRouter(include_in_schema=False)
Text = str | None


async def home_page(visit: Visit, done: Text) -> Response:
    """Accounts and their environments; whoever has no account begins with one."""
    if not visit.accounts:
        raise Elsewhere("/start")
    owned = [(account, await _environments(visit, account)) for account in visit.accounts]
    return page("home.html", visit, {"owned": owned, "done": sentences.done(done)} | await offers(visit))


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


@router.get("/members")
async def get_members(request: Request, account: Text = None, after: Text = None, done: Text = None) -> Response:
    visit = await signed_in(request)
    asked = visit.account(account)
    base = f"/accounts/{asked.account_id}"
    members = await visit.get(f"{base}/members", limit="100", **({"after": after} if after else {}))
    invitations = await visit.get(f"{base}/invitations", limit="100") if asked.may("member:invite") else {"items": []}
    assert visit.user is not None  # noqa: S101
    shown = {
        "account": asked,
        "here": f"/members?account={asked.account_id}",
        "members": members["items"],
        "following": members["next"],
        "others": [member for member in members["items"] if member["userId"] != visit.user["userId"]],
        "requires_second_factor": (await visit.get(base))["requireSecondFactor"],
        "invitations": [one for one in invitations["items"] if one["status"] in {"pending", "expired", "void"}],
        "roles": [role.value for role in Role],
        "meaning": sentences.ROLES,
        "done": sentences.done(done),
    }
    return page("members.html", visit, shown)


@router.get("/outbox")
async def get_outbox(request: Request, after: Text = None) -> Response:
    visit = await signed_in(request)
    query = {"limit": "20"} | ({"after": after} if after else {})
    mail = await visit.get("/outbox", **query)
    shown = {"messages": mail["items"], "following": mail["next"], "sends_mail": settings().sends_mail}
    return page("outbox.html", visit, shown)


@router.get("/invitation")
async def get_invitation(request: Request, token: str = "") -> Response:
    """Who invites to what; strangers sign in first and come back."""
    visit = await visiting(request)
    found = await _invitation(visit, token) if visit.user else None
    body = {"token": token} if token else {"invitationId": found["invitationId"]} if found else {}
    shown = {"invitation": found, "body": body, "next": "/", "meaning": sentences.ROLES}
    return page("invitation.html", visit, shown)


async def offers(visit: Visit) -> Json:
    """Invitations and accounts that the visitor may join."""
    return {
        "invitations": await _listed(visit, "/invitations"),
        "joinable": await _listed(visit, "/joinable-accounts"),
    }


async def _listed(visit: Visit, path: str) -> list[Json]:
    """The items, none where the API refuses: an offer is no reason to show no page."""
    try:
        items: list[Json] = (await visit.get(path))["items"]
    except Refused:
        return []
    return items


async def _invitation(visit: Visit, token: str) -> Json | None:
    mine = (await visit.get("/invitations"))["items"]
    return next((one for one in mine if one["invitationId"] == token.partition(".")[0]), None)


async def _environments(visit: Visit, account: Membership) -> list[Json] | None:
    """Null when the account demands a second factor first."""
    if account.owes_second_factor:
        return None
    items: list[Json] = (await visit.get(f"/accounts/{account.account_id}/environments", limit="100"))["items"]
    return items
