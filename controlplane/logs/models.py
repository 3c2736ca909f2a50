from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class LogLine(Base):
    """One line. `sequence` is its runner's number for it, and the order in which it was logged."""

    __tablename__ = "log_line"
    __table_args__ = (Index(None, "at"),)

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Time)
    level: Mapped[str] = mapped_column(String(5))
    source: Mapped[str] = mapped_column(String(8))
    line: Mapped[str] = mapped_column(Text)


class LogStream(Base):
    """What is kept of an environment's log, and how far it was taken: locked by whoever adds or removes lines.

    Lines are taken in order, so that who has read up to a sequence never misses an earlier one.
    """

    __tablename__ = "log_stream"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    last_sequence: Mapped[int] = mapped_column(BigInteger)
    kept_lines: Mapped[int] = mapped_column(Integer)
    kept_bytes: Mapped[int] = mapped_column(BigInteger)
    kept_edge_lines: Mapped[int] = mapped_column(Integer, server_default="0")
