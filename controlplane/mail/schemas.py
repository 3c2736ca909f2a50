from typing import Literal

from pydantic import Field

from controlplane.core.schema import Schema, Timestamp
from controlplane.mail.message import body_of
from controlplane.mail.models import OutboxMessage


class MessageView(Schema):
    """`text` and `html` are null when a link in them is on its way to somebody else, has been delivered or is over."""

    message_id: str = Field(examples=["msg_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    to: str = Field(examples=["ada@example.com"])
    subject: str
    text: str | None
    html: str | None
    kind: str = Field(examples=["invitation"])
    status: Literal["queued", "sent", "failed", "kept"] = Field(description="`kept`: this plane has no mail transport")
    created_at: Timestamp
    sent_at: Timestamp | None
    error: str | None = Field(description="what the mail server said last")

    @staticmethod
    def of(message: OutboxMessage) -> "MessageView":
        body = body_of(message)
        return MessageView(
            message_id=message.message_id,
            to=message.recipient,
            subject=message.subject,
            text=body.text if body else None,
            html=body.html if body else None,
            kind=message.kind,
            status=message.status,
            created_at=message.created_at,
            sent_at=message.sent_at,
            error=message.error,
        )
