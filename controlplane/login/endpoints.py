from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response, status

from controlplane.accounts import repository as accounts
from controlplane.auth import Caller
from controlplane.core import http
from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.core.rooms import room
from controlplane.login import cookies, service
from controlplane.login.errors import WrongCredentials
from controlplane.login.handing import answer
from controlplane.login.schemas import Credentials, MembershipView, MeView, NewUser, SignedInView
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
    responses=refusals(EmailTaken, TooManyRequests),
)  # fmt: skip
def sign_up(
    body: NewUser, request: Request, session: DbSession, response: Response, user_agent: UserAgent = None
) -> object:
    """Create a user with e-mail and password, and sign in."""
    try:
        signed_in = service.sign_up(session, body.email, body.password, body.name, user_agent)
    except EmailTaken as refusal:
        # Returned, not raised: the count of failures is part of this transaction and has to stay.
        service.note_taken_email(session)
        return http.rendered(refusal)
    return answer(session, request, response, signed_in)


@public_router.post(
    "/login", response_model=SignedInView, operation_id="logIn",
    responses=refusals(WrongCredentials, TooManyRequests),
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
            )
            for account in accounts.all_joined_by(session, caller)
        ],
    )
