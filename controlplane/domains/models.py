from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Domain(Base):
    """A mail domain an account claims, in its ASCII form (IDNA); at most one account has it verified.

    `challenge` is the TXT value that proves it. `failing_since` is set while the record of a verified domain is gone.
    """

    __tablename__ = "domain"
    __table_args__ = (
        UniqueConstraint("account_id", "domain"),
        Index("uq_domain_verified", "domain", unique=True, postgresql_where=text("verified_at IS NOT NULL")),
        Index(None, "sso_connection_id"),
        CheckConstraint("join_mode IN ('none','suggest','auto')", name="join_mode"),
        CheckConstraint("join_role IN ('developer','viewer')", name="join_role"),
        CheckConstraint("NOT sso_required OR sso_connection_id IS NOT NULL", name="required_connection"),
    )

    domain_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"))
    domain: Mapped[str] = mapped_column(String(253))
    challenge: Mapped[str] = mapped_column(String(100))
    verified_at: Mapped[datetime | None] = mapped_column(Time)
    checked_at: Mapped[datetime | None] = mapped_column(Time)
    failing_since: Mapped[datetime | None] = mapped_column(Time)
    join_mode: Mapped[str] = mapped_column(String(16))
    join_role: Mapped[str] = mapped_column(String(16))
    sso_connection_id: Mapped[str | None] = mapped_column(ForeignKey("sso_connection.connection_id"))
    sso_required: Mapped[bool] = mapped_column(Boolean)
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
