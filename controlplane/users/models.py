from datetime import datetime

from sqlalchemy import Boolean, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class User(Base):
    """A person. `email` is stored in lower case; `password_hash` is argon2id, null for SSO-only users.

    `operator`: runs this plane, whatever their roles in accounts are. `second_factor_since`: when they enrolled the
    first of their factors that are left, null without any; accounts may demand it of their members.
    """

    __tablename__ = "user"
    __table_args__ = (UniqueConstraint("email"),)

    user_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str | None] = mapped_column(String(100))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    verified_at: Mapped[datetime | None] = mapped_column(Time)
    created_at: Mapped[datetime] = mapped_column(Time)
    operator: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    second_factor_since: Mapped[datetime | None] = mapped_column(Time)

    @property
    def has_password(self) -> bool:
        return self.password_hash is not None
