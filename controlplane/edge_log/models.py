from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base


class EdgeSequence(Base):
    """The one row whose lock puts edge changes into commit order: sequence numbers have neither gaps nor races."""

    __tablename__ = "edge_sequence"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(Boolean, primary_key=True, default=True)
    value: Mapped[int] = mapped_column(BigInteger)


class EdgeChange(Base):
    """One change of one entry of an edge table; a null value deletes the entry."""

    __tablename__ = "edge_change"

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(String(16))
    entry: Mapped[str] = mapped_column(String(80))
    value: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
