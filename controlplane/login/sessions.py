"""Sessions and access tokens: how they begin, and how they end here and at the edges.

Every way of proving who one is (password, provider, passkey) ends in `sign_in`; a grant to a program in
`admit_program`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock, request_context, tokens
from controlplane.core.ids import label, new_id
from controlplane.core.schema import rfc3339
from controlplane.edge_log import Table, publish
from controlplane.login import repository
from controlplane.login.models import AccessToken, LoginSession
from controlplane.settings import settings
from controlplane.users.models import User


@dataclass(frozen=True)
class SignedIn:
    """`access_token` and `cookie` are shown this once; only their digests are kept."""

    user: User
    access_token: str
    expires_at: datetime
    cookie: str


@dataclass(frozen=True)
class Admitted:
    """A program's access token, shown this once, and the session that ends it."""

    access_token: str
    expires_at: datetime
    session_id: str


def sign_in(session: Session, user: User, method: str, user_agent: str | None, action: str = "auth.login") -> SignedIn:
    """A new browser session for someone who has proven to be `user` by `method` (`password`, a provider, `passkey`)."""
    session_id = new_id("ses")
    cookie = f"{session_id}.{tokens.new_secret()}"
    login = _open(session, user.user_id, session_id, user_agent, method)
    login.digest = tokens.digest(cookie)
    # Written now: the access token's row refers to it.
    session.flush()
    token, expires_at = issue_access_token(session, login)
    audit.record(session, Principal(user.user_id, user.email, session_id, {}), action, user.user_id)
    return SignedIn(user, token, expires_at, cookie)


def admit_program(session: Session, by: Principal, client: str, user_agent: str | None) -> Admitted:
    """A session of a program (`client`, an OAuth client id) that `by` has consented to; it has no cookie."""
    session_id = new_id("ses")
    login = _open(session, by.user_id, session_id, user_agent, "consent")
    login.kind, login.client = "program", client
    # It has no cookie: its access token is all of it, however long that lives.
    login.expires_at = clock.now() + _token_life()
    session.flush()
    token, expires_at = issue_access_token(session, login)
    audit.record(session, by, "auth.program_admitted", session_id, details={"client": client})
    return Admitted(token, expires_at, session_id)


def open_program(session: Session, user: User, client: str, method: str, user_agent: str | None) -> LoginSession:
    """A session of a program that comes with tokens of its own provider; the caller stores and publishes those."""
    login = _open(session, user.user_id, new_id("ses"), user_agent, method)
    login.kind, login.client = "program", client
    session.flush()
    return login


def end(session: Session, session_id: str) -> None:
    """The session's cookie and every access token of it are worthless from this commit on."""
    repository.revoke_session(session, session_id, clock.now())
    for digest in repository.revoke_tokens(session, session_id, clock.now()):
        publish(session, Table.PRINCIPALS, digest, None)


def end_all(session: Session, user_id: str, *, besides: str | None = None) -> int:
    """End every session of the user but `besides`, programs' among them; how many there were."""
    now = clock.now()
    ended = repository.revoke_sessions_of(session, user_id, besides, now)
    for digest in repository.revoke_tokens_of(session, user_id, besides, now):
        publish(session, Table.PRINCIPALS, digest, None)
    return len(ended)


def issue_access_token(session: Session, login: LoginSession) -> tuple[str, datetime]:
    """A new access token of a session, known to the edges with this commit, and when it expires: not after it."""
    token_id, now = new_id("tok"), clock.now()
    expires_at = min(now + _token_life(), login.expires_at).replace(microsecond=0)
    token = tokens.new_access_token(login.user_id, token_id, expires_at, settings().console_url)
    row = AccessToken(
        token_id=token_id,
        user_id=login.user_id,
        session_id=login.session_id,
        digest=tokens.digest(token),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    publish(session, Table.PRINCIPALS, row.digest, edge_entry(row))
    return token, expires_at


def is_over(login: LoginSession) -> bool:
    """Whether its time, or its idle time, has run out; `revoked_at` is another matter."""
    idle = timedelta(hours=settings().session_idle_hours)
    return min(login.expires_at, login.last_used_at + idle) <= clock.now()


def edge_entry(token: AccessToken) -> dict[str, Any]:
    """What the edges know of an access token (docs/wire.md, `principals`)."""
    common = {"userId": token.user_id, "expiresAt": rfc3339(token.expires_at)}
    if token.environment_id is None:
        return {"kind": "user", **common}
    return {"kind": "ui_session", "tokenId": token.token_id, "label": label(token.environment_id), **common}


def _token_life() -> timedelta:
    return timedelta(hours=settings().access_token_hours)


def _open(session: Session, user_id: str, session_id: str, user_agent: str | None, method: str) -> LoginSession:
    now = clock.now()
    login = LoginSession(
        session_id=session_id,
        user_id=user_id,
        kind="browser",
        method=method,
        created_at=now,
        last_used_at=now,
        expires_at=now + timedelta(days=settings().session_absolute_days),
        user_agent=user_agent[:200] if user_agent else None,
        address=request_context.address.get(),
    )
    session.add(login)
    return login
