from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Joined(StrEnum):
    """How somebody became a member."""

    FOUNDER = "founder"
    INVITATION = "invitation"
    DOMAIN = "domain"
    OPERATOR = "operator"


class Member(Base):
    """A user's role in an account."""

    __tablename__ = "member"
    __table_args__ = (Index(None, "user_id"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("account.account_id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    joined_by: Mapped[str] = mapped_column(String(16), server_default="founder")
    created_at: Mapped[datetime] = mapped_column(Time)
