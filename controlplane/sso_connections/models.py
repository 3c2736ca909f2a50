from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class SsoConnection(Base):
    """An identity provider: the whole plane's (`account_id` null) or one account's own.

    `provider` is its name in addresses, unique in the plane. `secret` is the sealed client secret. `endpoints` is what
    the provider's discovery document said at `discovered_at`.
    """

    __tablename__ = "sso_connection"
    __table_args__ = (
        UniqueConstraint("provider"),
        Index(None, "account_id"),
        CheckConstraint("kind IN ('google','github','oidc','workos')", name="kind"),
    )

    connection_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.account_id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str] = mapped_column(String(39))
    name: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str] = mapped_column(String(500))
    client_id: Mapped[str] = mapped_column(String(255))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    hosted_domain: Mapped[str | None] = mapped_column(String(253))
    endpoints: Mapped[dict[str, Any]] = mapped_column(JSONB)
    discovered_at: Mapped[datetime] = mapped_column(Time)
    assume_email_verified: Mapped[bool] = mapped_column(Boolean)
    enabled: Mapped[bool] = mapped_column(Boolean)
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
