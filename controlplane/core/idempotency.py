from datetime import datetime

from sqlalchemy import LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class IdempotencyRecord(Base):
    """The answer to a creating call made with `Idempotency-Key`, kept for a day.

    `body` is sealed: it may show a secret.
    """

    __tablename__ = "idempotency_record"

    user_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(43))
    status: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(Time)
