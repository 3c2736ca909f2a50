from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Operation(Base):
    """A long change of one environment to one generation, with its steps, for progress.

    `steps` is a list of `{"name", "status", "startedAt", "endedAt"}`;
    statuses are PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED.
    """

    __tablename__ = "operation"
    __table_args__ = (Index(None, "environment_id"),)

    operation_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(32))
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"))
    kind: Mapped[str] = mapped_column(String(32))
    generation: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(Time)
    ended_at: Mapped[datetime | None] = mapped_column(Time)
