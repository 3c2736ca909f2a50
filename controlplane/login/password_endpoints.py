from fastapi import APIRouter, Depends, Request, Response, status

from controlplane.auth import Person, RecentSignInRequired
from controlplane.core import http
from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.core.rooms import room
from controlplane.domains.errors import SsoRequired
from controlplane.login import cookies, recovery, verification
from controlplane.login.errors import LinkInvalid, WrongPassword
from controlplane.login.schemas import MailSentView, NewPassword, OwnAddress, PasswordChange

# As with signing in: strangers' hashing happens in a room of its own.
_STRANGERS = [Depends(cookies.refuse_other_sites), Depends(room("passwords", 4), scope="function")]
public_router = APIRouter(prefix="/auth", tags=["auth"], dependencies=_STRANGERS)
router = APIRouter(prefix="/auth", tags=["auth"])


@public_router.post(
    "/verify-email/resend", status_code=status.HTTP_202_ACCEPTED, operation_id="resendVerification",
    responses=refusals(TooManyRequests),
)  # fmt: skip
def resend_verification(body: OwnAddress, session: DbSession) -> MailSentView:
    """Ask for another link to confirm your address; the earlier one stops working."""
    verification.ask_again(session, body.email)
    return MailSentView()


@public_router.post(
    "/password/forgot", status_code=status.HTTP_202_ACCEPTED, operation_id="forgotPassword",
    responses=refusals(TooManyRequests),
)  # fmt: skip
def forgot_password(body: OwnAddress, session: DbSession) -> MailSentView:
    """Ask for a link to set a new password; an earlier one stops working."""
    recovery.ask(session, body.email)
    return MailSentView()


@public_router.post(
    "/password/reset", status_code=status.HTTP_204_NO_CONTENT, operation_id="resetPassword",
    responses=refusals(LinkInvalid, SsoRequired, TooManyRequests),
)  # fmt: skip
def reset_password(body: NewPassword, session: DbSession) -> Response:
    """Set a new password by the token of the mail's link. You are signed out everywhere; then sign in with it."""
    return _done(recovery.reset(session, body.token, body.password))


@router.post(
    "/password/change", status_code=status.HTTP_204_NO_CONTENT, operation_id="changePassword",
    responses=refusals(WrongPassword, RecentSignInRequired, SsoRequired, TooManyRequests),
    dependencies=[Depends(room("own passwords", 2), scope="function")],
)  # fmt: skip
def change_password(body: PasswordChange, request: Request, session: DbSession, person: Person) -> Response:
    """Change your password, or set a first one after a recent sign-in. Your other sessions end."""
    user, session_id = request.state.user, request.state.session_id
    return _done(recovery.change(session, person, user, session_id, body.current_password, body.password))


def _done(refusal: recovery.Refusal) -> Response:
    """A refusal is returned, not raised: the count of failures is part of this transaction and has to stay."""
    return http.rendered(refusal) if refusal else Response(status_code=status.HTTP_204_NO_CONTENT)
