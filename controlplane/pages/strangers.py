"""Pages for whoever has no session yet: sign up, sign in, confirm an address, forget a password."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from controlplane.login import passwords
from controlplane.pages import sentences
from controlplane.pages.next_path import safe_next, with_next
from controlplane.pages.rendering import page
from controlplane.pages.visit import Json, Refused, Visit, visiting
from controlplane.settings import settings

router = APIRouter(include_in_schema=False)
_ALL_METHODS = "totp recovery_code passkey"


@router.get("/signup")
async def get_signup(request: Request) -> Response:
    visit, goal = await visiting(request), safe_next(request.query_params.get("next"))
    if visit.user:
        return RedirectResponse(goal, 303)
    shown = {"next": goal, "providers": await providers_of(visit, goal), "min_length": passwords.MIN_LENGTH}
    return page("signup.html", visit, {"title": "Sign up"} | shown)


async def login_page(request: Request) -> Response:
    """Sign in; with `again` also those who are signed in, before a change that wants a recent sign-in."""
    visit, asked = await visiting(request), request.query_params
    goal, again, challenge = safe_next(asked.get("next")), asked.get("again"), asked.get("challenge", "")
    if visit.user and not (again or challenge or "error" in asked):
        return RedirectResponse(goal, 303)
    shown = {
        "title": "Sign in",
        "email": visit.user["email"] if visit.user else "",
        "next": goal,
        "providers": await providers_of(visit, goal),
        "challenge": challenge,
        "methods": asked.get("methods", _ALL_METHODS).replace(",", " "),
        "problem": sentences.problem(asked.get("error")),
        "done": sentences.done(asked.get("done")),
        "reason": "This change asks for a recent sign-in. Show once more that it is you." if again else "",
    }
    return page("login.html", Visit(request), shown)


@router.get("/verify-email")
async def get_verify_email(request: Request, token: str = "") -> Response:
    return page("verify_email.html", Visit(request), {"title": "Confirm your address", "token": token})


@router.get("/forgot")
async def get_forgot(request: Request) -> Response:
    return page("forgot.html", Visit(request), {"title": "Forgot password", "sends_mail": settings().sends_mail})


@router.get("/reset-password")
async def get_reset_password(request: Request, token: str = "") -> Response:
    shown = {"title": "Choose a new password", "token": token, "min_length": passwords.MIN_LENGTH}
    return page("reset_password.html", Visit(request), shown)


async def providers_of(visit: Visit, goal: str, link: bool = False) -> list[Json]:
    """Where one may sign in, or with `link` add a sign-in to the visitor's user; then on to `goal`."""
    try:
        items: list[Json] = (await visit.get("/auth/providers"))["items"]
    except Refused:
        # A password still works when the list of providers does not.
        return []
    return [
        {"name": item["name"], "url": with_next(item["startUrl"] + ("?link=true" if link else ""), goal)}
        for item in items
    ]
