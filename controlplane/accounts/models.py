from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Account(Base):
    """Owns environments; people are its members. Names are unique per creator, not globally."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("created_by", "name", name="uq_account_name"),)

    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(39))
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
