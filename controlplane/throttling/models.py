from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class ThrottledRequests(Base):
    """Of one environment, in one hour, by one limit and principal; an empty `principal` stands for all others."""

    __tablename__ = "throttled_requests"
    __table_args__ = (Index(None, "hour"),)

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(Time, primary_key=True)
    limit: Mapped[str] = mapped_column(String(32), primary_key=True)
    principal: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
