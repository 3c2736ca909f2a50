"""Handing a new session to the browser that asked: every way of signing in answers through here."""

from fastapi import Request, Response
from sqlalchemy.orm import Session

from controlplane.core import http
from controlplane.core.errors import ApplicationError
from controlplane.login import cookies, service
from controlplane.login.schemas import SignedInView
from controlplane.login.sessions import SignedIn
from controlplane.users.schemas import UserView


def answer(
    session: Session, request: Request, response: Response, outcome: SignedIn | ApplicationError
) -> SignedInView | Response:
    """The body of a sign-in with its cookie on `response`, or the refusal, returned so that the transaction commits."""
    if isinstance(outcome, ApplicationError):
        return http.rendered(outcome)
    start(session, request, response, outcome)
    return SignedInView(
        user=UserView.model_validate(outcome.user),
        access_token=outcome.access_token,
        expires_at=outcome.expires_at,
    )


def start(session: Session, request: Request, response: Response, signed_in: SignedIn) -> None:
    """Set the new cookie on `response`; the session whose cookie the request brought along is over, whoever's it was.

    Nobody can plant a session in a browser before its user signs in and use it afterwards (OWASP: session fixation).
    """
    service.end_presented(session, request.cookies.get(cookies.NAME))
    cookies.set_on(response, signed_in.cookie)
