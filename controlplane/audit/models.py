from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class AuditEvent(Base):
    """One change, written in the change's own transaction. `details` never holds a secret."""

    __tablename__ = "audit_event"
    __table_args__ = (Index(None, "account_id", "audit_event_id"),)

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    audit_event_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[str | None] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(32))
    credential: Mapped[str | None] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Time)
