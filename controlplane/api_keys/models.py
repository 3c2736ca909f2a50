from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class ApiKey(Base):
    """A program's key to one environment. Only its keyed digest and its last four characters are kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("digest"),
        Index(None, "environment_id"),
        CheckConstraint("role IN ('full','ingress','admin','complete_awakeable')", name="role"),
    )

    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"))
    description: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(32))
    restrictions: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    digest: Mapped[str] = mapped_column(String(43))
    last_four: Mapped[str] = mapped_column(String(4))
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)
    last_used_at: Mapped[datetime | None] = mapped_column(Time)
