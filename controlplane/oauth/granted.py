"""What every grant ends in: a session of the program, in the name of whoever consented."""

from typing import Any

from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.login import sessions
from controlplane.login.sessions import Admitted
from controlplane.oauth.clients import SCOPE, Client
from controlplane.users.models import User


def admit(session: Session, user: User, session_id: str, client: Client, user_agent: str | None) -> Admitted:
    """`session_id` is the login session that consented; the audit event names it."""
    by = Principal(user.user_id, user.email, session_id, {})
    return sessions.admit_program(session, by, client.client_id, user_agent)


def shown(admitted: Admitted) -> dict[str, Any]:
    """RFC 6749 §5.1. There is no refresh token: the stock CLI never uses one, so an old token means a new login."""
    return {
        "access_token": admitted.access_token,
        "token_type": "Bearer",
        "expires_in": int((admitted.expires_at - clock.now()).total_seconds()),
        "scope": SCOPE,
    }
