from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Tunnel(Base):
    """What one relay node said last of one name of an environment. Bytes are those of bodies."""

    __tablename__ = "tunnel"
    __table_args__ = (Index(None, "environment_id"),)

    node: Mapped[str] = mapped_column(String(255), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    connections: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(Time)
    gone_at: Mapped[datetime | None] = mapped_column(Time)
    open_requests: Mapped[int] = mapped_column(Integer)
    requests: Mapped[int] = mapped_column(BigInteger)
    errors: Mapped[int] = mapped_column(BigInteger)
    bytes_to_service: Mapped[int] = mapped_column(BigInteger)
    bytes_from_service: Mapped[int] = mapped_column(BigInteger)
    last_failure: Mapped[str | None] = mapped_column(String(300))
    last_failure_at: Mapped[datetime | None] = mapped_column(Time)
    reported_at: Mapped[datetime] = mapped_column(Time)
