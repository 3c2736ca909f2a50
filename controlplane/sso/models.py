from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Identity(Base):
    """Who a provider calls `subject` is this user, whatever address the provider names today."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("connection_id", "subject"), Index(None, "user_id"))

    identity_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("sso_connection.connection_id", ondelete="CASCADE"))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id", ondelete="CASCADE"))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(Time)
    last_used_at: Mapped[datetime | None] = mapped_column(Time)


class SsoAttempt(Base):
    """One sign-in on its way to a provider and back: single use, of the browser that began it.

    `digest` is the state's, `browser_digest` that of the cookie `rc_sso`. The nonce and the PKCE verifier are derived
    from the cookie and are stored nowhere. `link_user_id`: who adds this identity to themselves.
    """

    __tablename__ = "sso_attempt"
    __table_args__ = (Index(None, "expires_at"),)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    connection_id: Mapped[str] = mapped_column(ForeignKey("sso_connection.connection_id", ondelete="CASCADE"))
    browser_digest: Mapped[str] = mapped_column(String(43))
    destination: Mapped[str] = mapped_column(String(1000))
    link_user_id: Mapped[str | None] = mapped_column(ForeignKey("user.user_id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(Time)
