from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Outcome(StrEnum):
    """How an invitation ended; one that merely ran out has none."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    REPLACED = "replaced"


class Invitation(Base):
    """Membership offered to an address. The mailed token is known by its keyed digest only."""

    __tablename__ = "invitation"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index("uq_invitation_open", "account_id", "email", unique=True, postgresql_where=text("outcome IS NULL")),
        Index(None, "email"),
        CheckConstraint("outcome IN ('accepted','declined','revoked','replaced')", name="outcome"),
    )

    invitation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.account_id"))
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(43))
    valid_days: Mapped[int] = mapped_column(Integer)
    invited_by: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    outcome: Mapped[str | None] = mapped_column(String(16))
    ended_at: Mapped[datetime | None] = mapped_column(Time)


class InvitationMail(Base):
    """One mail that left; what the daily limits count. `recipient` is the address's keyed digest.

    No references: neither revoking an invitation nor deleting its account makes room for more mail.
    """

    __tablename__ = "invitation_mail"
    __table_args__ = (
        Index(None, "account_id"),
        Index(None, "invited_by"),
        Index(None, "recipient"),
        Index(None, "sent_at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32))
    invited_by: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(43))
    sent_at: Mapped[datetime] = mapped_column(Time)
