"""From the request's credential to the principal: bearer first, then the session cookie."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.core import clock, tokens
from controlplane.core.database import DbSession
from controlplane.login import cookies, repository, sessions
from controlplane.login.errors import CrossSiteRefused, InvalidToken
from controlplane.login.models import LoginSession
from controlplane.members import repository as members
from controlplane.users.models import User
from controlplane.workload_identity import access as workloads

# A session's last use is written at most this often, so that reading does not mean writing.
_TOUCH_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Resolved:
    """A valid credential and the login session behind it (null only for tokens of older versions)."""

    user: User
    credential_id: str
    login: LoginSession | None


# Who else accepts a token that is not ours: `app` names them, for they stand above (imports point down).
Acceptor = Callable[[Session, str], Resolved | None]
acceptors: list[Acceptor] = []


def resolve_principal(request: Request, session: DbSession) -> None:
    """Leaves `principal`, `user` and `session_id` in `request.state`; nothing at all for an anonymous request.

    A workload is nobody's session: it leaves the principal alone.

    A bearer token that is not valid is refused and never falls back to the cookie.
    """
    authorization = request.headers.get("authorization")
    cookie = request.cookies.get(cookies.NAME)
    if authorization is not None:
        found: Resolved | Principal | None = by_bearer(session, authorization)
    else:
        found = by_cookie(session, cookie) if cookie else None
        if found is not None and not cookies.from_our_pages(request):
            raise CrossSiteRefused
    if isinstance(found, Principal):
        request.state.principal = found
    elif found is not None:
        request.state.principal = principal_of(session, found)
        request.state.user = found.user
        request.state.session_id = found.login.session_id if found.login else None


def by_bearer(session: Session, authorization: str) -> Resolved | Principal:
    """The access token in an `Authorization` header (RFC 6750): a user's, or a workload's. Raises `InvalidToken`."""
    token = _bearer(authorization)
    if token.startswith("key_"):
        raise InvalidToken(
            "This is an API key. API keys belong to an environment's own URLs; "
            "here, sign in and send your access token."
        )
    row = repository.token_with_user(session, tokens.digest(token))
    elsewhere = (workloads.principal(session, token) or _accepted_elsewhere(session, token)) if row is None else None
    if elsewhere is not None:
        return elsewhere
    if row is None or row[0].expires_at <= clock.now():
        raise InvalidToken("This access token is not valid: it is unknown, expired or revoked. Sign in again.")
    _touch(session, row[1])
    return Resolved(row[2], row[0].token_id, row[1])


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("Send `Authorization: Bearer <access token>`.")
    return token.strip()


def _accepted_elsewhere(session: Session, token: str) -> Resolved | None:
    return next((found for accept in acceptors if (found := accept(session, token)) is not None), None)


def by_cookie(session: Session, cookie: str) -> Resolved | None:
    """A session that is over counts as none: the browser is simply not signed in."""
    row = repository.session_with_user(session, tokens.digest(cookie))
    if row is None or sessions.is_over(row[0]):
        return None
    login, user = row
    _touch(session, login)
    return Resolved(user, login.session_id, login)


def principal_of(session: Session, found: Resolved) -> Principal:
    user, login = found.user, found.login
    roles = members.roles_of(session, user.user_id)
    return Principal(
        user.user_id,
        user.email,
        found.credential_id,
        roles.in_effect,
        signed_in_at=login.created_at if login else None,
        session_kind=login.kind if login else "program",
        operator=user.operator,
        email_verified=user.verified_at is not None,
        dormant=roles.dormant,
    )


def _touch(session: Session, login: LoginSession | None) -> None:
    now = clock.now()
    if login is not None and login.last_used_at < now - _TOUCH_AFTER:
        repository.touch(session, login.session_id, now)
