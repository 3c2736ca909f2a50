from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class OutboxMessage(Base):
    """One mail to one person. `sealed_body` (JSON of `text` and `html`) goes at `body_until`, if it holds a secret.

    `due_at` is set while `queued`: not before then is it tried (again). `kept` is for the outbox only: there was no
    transport when it was written.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("status IN ('queued','sent','failed','kept')", name="status"),
        Index("ix_outbox_message_due_at", "due_at", postgresql_where="due_at IS NOT NULL"),
        Index(None, "body_until"),
        Index("ix_outbox_message_recipient_message_id", "recipient", "message_id"),
        Index(None, "created_at"),
    )

    message_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    recipient: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(200))
    sealed_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_until: Mapped[datetime | None] = mapped_column(Time)
    status: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime | None] = mapped_column(Time)
    created_at: Mapped[datetime] = mapped_column(Time)
    sent_at: Mapped[datetime | None] = mapped_column(Time)
    error: Mapped[str | None] = mapped_column(String(500))
