from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response, status
from fastapi.responses import JSONResponse

from controlplane.accounts import repository as accounts
from controlplane.auth import Caller, Person
from controlplane.auth.permissions import ROLES
from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.core.rooms import room
from controlplane.domains.errors import SsoRequired
from controlplane.login import cookies, service
from controlplane.login.errors import EmailNotVerified, LinkInvalid, SecondFactorRequired, WrongCredentials
from controlplane.login.handing import answer
from controlplane.login.schemas import (
    Credentials,
    LinkToken,
    MembershipView,
    MeView,
    NewUser,
    SignedInView,
    UserChange,
    VerificationSentView,
)
from controlplane.login.service import VerificationSent
from controlplane.users.schemas import UserView
from controlplane.users.service import EmailTaken

# One hash of a password takes 64 MiB and a core for a moment. Whoever sends many waits here, before the database:
# strangers' logins hold up each other, not those who are signed in.
_HASHING = Depends(room("passwords", 4), scope="function")
# Signing up and in take no credential; everything else here resolves one first.
public_router = APIRouter(prefix="/auth", tags=["auth"], dependencies=[Depends(cookies.refuse_other_sites), _HASHING])
router = APIRouter(prefix="/auth", tags=["auth"])
UserAgent = Annotated[str | None, Header(include_in_schema=False)]


@public_router.post(
    "/signup", status_code=status.HTTP_201_CREATED, response_model=SignedInView, operation_id="signUp",
    responses=refusals(EmailTaken, TooManyRequests, SsoRequired) | {202: {"model": VerificationSentView}},
)  # fmt: skip
def sign_up(
    body: NewUser, request: Request, session: DbSession, response: Response, user_agent: UserAgent = None
) -> object:
    """Create a user with e-mail and password, and sign in; 202 where a mail comes first, whoever has the address."""
    outcome = service.sign_up(session, body.email, body.password, body.name, user_agent)
    if isinstance(outcome, VerificationSent):
        sent = VerificationSentView(email=outcome.email)
        return JSONResponse(sent.model_dump(mode="json", by_alias=True), status.HTTP_202_ACCEPTED)
    return answer(session, request, response, outcome)


@public_router.post(
    "/verify-email", response_model=SignedInView, operation_id="verifyEmail",
    responses=refusals(LinkInvalid, TooManyRequests, SecondFactorRequired, SsoRequired),
)  # fmt: skip
def verify_email(
    body: LinkToken, request: Request, session: DbSession, response: Response, user_agent: UserAgent = None
) -> object:
    """Confirm the address you signed up with, by the token of the mail's link, and sign in."""
    return answer(session, request, response, service.verify_email(session, body.token, user_agent))


@public_router.post(
    "/login", response_model=SignedInView, operation_id="logIn",
    responses=refusals(WrongCredentials, SecondFactorRequired, EmailNotVerified, SsoRequired, TooManyRequests),
)  # fmt: skip
def log_in(
    body: Credentials, request: Request, session: DbSession, response: Response, user_agent: UserAgent = None
) -> object:
    """Sign in with e-mail and password."""
    return answer(session, request, response, service.log_in(session, body.email, body.password, user_agent))


@router.post("/logout", status_code=status.HTTP_204_NO_CONTENT, operation_id="logOut")
def log_out(request: Request, response: Response, session: DbSession, caller: Caller) -> None:
    """Sign out: the session's cookie and its access tokens stop working, here and at the edges."""
    service.log_out(session, caller, request.state.session_id)
    cookies.clear_on(response)


@router.get("/me", operation_id="getMe")
def get_me(request: Request, session: DbSession, caller: Caller) -> MeView:
    """Who you are, and your role in each of your accounts."""
    roles = {**caller.memberships, **caller.dormant}
    return MeView(
        user=UserView.model_validate(request.state.user),
        accounts=[
            MembershipView(
                account_id=account.account_id,
                name=account.name,
                role=roles[account.account_id],
                second_factor_required=account.account_id in caller.dormant,
                permissions=sorted(ROLES[roles[account.account_id]])
                if account.account_id in caller.memberships
                else [],
            )
            for account in accounts.all_joined_by(session, caller)
        ],
    )


@router.patch("/me", response_model=UserView, operation_id="changeMe")
def change_me(body: UserChange, request: Request, session: DbSession, person: Person) -> object:
    """Change your name."""
    return service.rename(session, person, request.state.user, body.name)
