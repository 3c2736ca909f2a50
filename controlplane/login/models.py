from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class LoginSession(Base):
    """A session of a browser, or of a program its user consented to; the cookie's digest is stored, never the cookie.

    `method` is how the user proved who they are, `client` the OAuth client of a program.
    """

    __tablename__ = "login_session"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "user_id"))

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    kind: Mapped[str] = mapped_column(String(16), server_default="browser")
    method: Mapped[str] = mapped_column(String(64), server_default="password")
    client: Mapped[str | None] = mapped_column(String(64))
    digest: Mapped[str | None] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(Time)
    last_used_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)
    user_agent: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))


class AccessToken(Base):
    """A person's bearer token (JWT-shaped); valid while this row is neither expired nor revoked.

    With an `environment_id` it is no bearer token but the cookie of that environment's engine UI (`ui_sessions`).
    """

    __tablename__ = "access_token"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index(None, "user_id"),
        Index(None, "session_id"),
        Index(None, "expires_at"),
    )

    token_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    session_id: Mapped[str | None] = mapped_column(ForeignKey("login_session.session_id"))
    environment_id: Mapped[str | None] = mapped_column(ForeignKey("environment.environment_id"))
    digest: Mapped[str] = mapped_column(String(43))
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)


class SignInChallenge(Base):
    """Someone proved to be `user_id` by `method` and owes the second factor; what they hold is kept as its digest."""

    __tablename__ = "sign_in_challenge"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    method: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)


class MailToken(Base):
    """The secret of a link in a mail, as its keyed digest; at most one of each purpose per user is valid."""

    __tablename__ = "mail_token"
    __table_args__ = (UniqueConstraint("user_id", "purpose"), Index(None, "expires_at"))

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    purpose: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)


class LoginThrottle(Base):
    """Failures per subject (`email:…` or `address:…`, keyed digest) in the current window."""

    __tablename__ = "login_throttle"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    window_ends_at: Mapped[datetime] = mapped_column(Time)
