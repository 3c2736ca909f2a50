from datetime import datetime

from sqlalchemy import JSON, BigInteger, Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Totp(Base):
    """A user's authenticator app (RFC 6238). Without `confirmed_at` it is only being set up and proves nothing.

    `last_step` is the time step (30 s) of the last code accepted: neither it nor an earlier one is accepted again.
    """

    __tablename__ = "totp"

    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Time)
    confirmed_at: Mapped[datetime | None] = mapped_column(Time)
    last_step: Mapped[int | None] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """One of a set that is made as a whole; only its keyed digest is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index(None, "user_id"),)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    created_at: Mapped[datetime] = mapped_column(Time)
    used_at: Mapped[datetime | None] = mapped_column(Time)


class Passkey(Base):
    """A WebAuthn credential. `credential_id` and `public_key` (COSE) are as the authenticator made them."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("credential_id"), Index(None, "user_id"))

    passkey_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    name: Mapped[str] = mapped_column(String(100))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    backed_up: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Time)
    last_used_at: Mapped[datetime | None] = mapped_column(Time)


class PasskeyChallenge(Base):
    """A challenge that waits for an authenticator's answer.

    `digest` is of the challenge and of all it is bound to (its purpose, the user or the attempt to sign in), so that
    an answer to it is found nowhere else.
    """

    __tablename__ = "passkey_challenge"
    __table_args__ = (Index(None, "expires_at"),)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Time)
