from datetime import datetime

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Usage(Base):
    """Of one environment in the step that begins `at`. Latencies are milliseconds, null when there were no requests."""

    __abstract__ = True

    environment_id: Mapped[str] = mapped_column(String(32), ForeignKey("environment.environment_id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Time, primary_key=True)
    requests: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[int] = mapped_column(BigInteger)
    p50_ms: Mapped[float | None] = mapped_column(Float)
    p99_ms: Mapped[float | None] = mapped_column(Float)
    invocations: Mapped[int] = mapped_column(BigInteger)
    completed_invocations: Mapped[int] = mapped_column(BigInteger)
    failed_attempts: Mapped[int] = mapped_column(BigInteger)
    engine_seconds: Mapped[int] = mapped_column(Integer)
    storage_bytes: Mapped[int | None] = mapped_column(BigInteger)


class UsageMinute(Usage):
    """As runners tell it."""

    __tablename__ = "usage_minute"
    __table_args__ = (Index(None, "at"),)


class UsageHour(Usage):
    """Made of minutes, once none of them can come any more."""

    __tablename__ = "usage_hour"
    __table_args__ = (Index(None, "at"),)


class UsageDay(Usage):
    """Made of hours."""

    __tablename__ = "usage_day"
    __table_args__ = (Index(None, "at"),)
