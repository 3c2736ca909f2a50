from datetime import datetime

from sqlalchemy import Boolean, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Account(Base):
    """Owns environments; people are its members. Names are unique per creator, not globally.

    With `require_second_factor`, members without a second factor have no rights here until they enrol one.
    """

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("created_by", "name", name="uq_account_name"),)

    account_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(39))
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
    require_second_factor: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
