"""Into the engine's own UI: the browser carries a code to the edge, the edge brings it here and sets a cookie.

The cookie is an access token of its own kind: of one login session, for the admin port of one environment, and for no
Authorization header, since its digest is that of the cookie's name and value together. It ends with its session, and
when nobody has used it for `ui_session_idle_hours`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal
from controlplane.auth.permissions import ROLES
from controlplane.core import clock, tokens
from controlplane.core.errors import NotFound
from controlplane.core.ids import label, new_id
from controlplane.edge_log import Table, publish
from controlplane.environments import addresses
from controlplane.environments import service as environments
from controlplane.environments.errors import EnvironmentDeleted, EnvironmentPaused
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.login import sessions
from controlplane.login.models import AccessToken, LoginSession
from controlplane.members import repository as members
from controlplane.settings import settings
from controlplane.ui_sessions import repository
from controlplane.ui_sessions.errors import CodeInvalid, SessionRequired
from controlplane.ui_sessions.models import UiCode
from controlplane.users.models import User

PATH = "/.restate-cloud/ui-session"
_LASTING = timedelta(minutes=1)
# Of one login session and environment: a browser holds one, and who clears its cookies soon a second.
_MOST = 4


@dataclass(frozen=True)
class Cookie:
    """Shown this once: only the digest of both together is kept."""

    name: str
    value: str


def create(
    session: Session, by: Principal, session_id: str | None, account_id: str, environment_id: str
) -> tuple[str, datetime]:
    """Where to send the browser of `session_id`, and until when that works.

    Raises `NotFound`, `EnvironmentDeleted`, `EnvironmentPaused`, `SessionRequired` for who has no session.
    """
    if session_id is None:
        raise SessionRequired
    environment = environments.get(session, by, account_id, environment_id)
    if environment.status == Status.DELETED:
        raise EnvironmentDeleted(f"The environment {environment.name} is deleted: restore it to open its engine UI.")
    if environment.status == Status.SUSPENDED:
        raise EnvironmentPaused(f"The environment {environment.name} is paused: wake it to open its engine UI.")
    code, now = tokens.new_secret(), clock.now()
    repository.forget_codes(session, session_id, environment_id)
    row = UiCode(
        digest=tokens.digest(code),
        session_id=session_id,
        environment_id=environment_id,
        created_at=now,
        expires_at=now + _LASTING,
    )
    session.add(row)
    audit.record(session, by, "ui_session.create", environment_id, account_id, {"session": session_id})
    return f"{addresses.of(environment).admin}{PATH}?{urlencode({'code': code})}", row.expires_at


def redeem(session: Session, runner_id: str, environment_id: str, code: str) -> Cookie | CodeInvalid:
    """What the browser that brought `code` gets, if whoever asked for it is still signed in and may still read.

    A refusal is returned, not raised: a code that was brought is used up. Raises `NotFound` for an environment that is
    not this runner's.
    """
    environment = repository.of_runner(session, runner_id, environment_id)
    if environment is None:
        raise NotFound("environment")
    session_id = repository.take_code(session, tokens.digest(code), environment_id, clock.now())
    found = repository.login(session, session_id) if session_id else None
    deleted = environment.status == Status.DELETED
    if found is None or deleted or sessions.is_over(found[0]) or not _may_read(session, found[1], environment):
        return CodeInvalid()
    return _issue(session, found[0], environment)


def note_used(session: Session, last_used: Mapping[str, datetime]) -> None:
    """Let those go on that edges saw in use, as long as their login sessions do. Ids of other things are ignored."""
    ours = [token_id for token_id in last_used if token_id.startswith("tok_")]
    for token, login in repository.live_tokens(session, ours, clock.now()) if ours else ():
        wanted = _expiry(min(last_used[token.token_id], clock.now()), login)
        # Not at every look: each time is a change that every edge hears of.
        if not sessions.is_over(login) and wanted - token.expires_at > _idle() / 20:
            token.expires_at = wanted
            publish(session, Table.PRINCIPALS, token.digest, sessions.edge_entry(token))


def forget_expired(session: Session) -> None:
    """Delete codes that nobody brought."""
    repository.forget_expired(session, clock.now())


def cookie_name(environment: Environment) -> str:
    """Cookies know no ports: it names its environment. `__Host-`: no neighbouring name can set it (RFC 6265bis)."""
    prefix = "__Host-" if addresses.of(environment).admin.startswith("https:") else ""
    return f"{prefix}rc_ui_{label(environment.environment_id)}"


def _may_read(session: Session, user: User, environment: Environment) -> bool:
    role = members.roles_of(session, user.user_id).in_effect.get(environment.account_id)
    return role is not None and Permission.ENVIRONMENT_READ in ROLES[role]


def _issue(session: Session, login: LoginSession, environment: Environment) -> Cookie:
    cookie, now = Cookie(cookie_name(environment), tokens.new_secret()), clock.now()
    row = AccessToken(
        token_id=new_id("tok"),
        user_id=login.user_id,
        session_id=login.session_id,
        environment_id=environment.environment_id,
        digest=tokens.digest(f"{cookie.name}={cookie.value}"),
        created_at=now,
        expires_at=_expiry(now, login),
    )
    session.add(row)
    session.flush()
    publish(session, Table.PRINCIPALS, row.digest, sessions.edge_entry(row))
    for digest in repository.revoke_older(session, login.session_id, environment.environment_id, _MOST, now):
        publish(session, Table.PRINCIPALS, digest, None)
    return cookie


def _expiry(used_at: datetime, login: LoginSession) -> datetime:
    return min(used_at + _idle(), login.expires_at).replace(microsecond=0)


def _idle() -> timedelta:
    return timedelta(hours=settings().ui_session_idle_hours)
