from datetime import datetime

from sqlalchemy import Boolean, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Account(Base):
    """Owns environments; people are its members. Names are unique per creator, not globally.

    With `require_second_factor`, members without a second factor have no rights here until they enrol one.
    The row of a deleted account stays for the audit trail: it has no members, and its name is free again.
    """

    __tablename__ = "account"
    __table_args__ = (
        Index("uq_account_name", "created_by", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
    )

    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(39))
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
    deleted_at: Mapped[datetime | None] = mapped_column(Time)
    require_second_factor: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
