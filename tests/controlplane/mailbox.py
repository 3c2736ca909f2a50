"""What the plane has written to people."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.mail.message import Body, body_of
from controlplane.mail.models import OutboxMessage


def mails(session: Session, email: str, kind: str | None = None) -> list[OutboxMessage]:
    """Oldest first."""
    query = select(OutboxMessage).where(OutboxMessage.recipient == email)
    if kind is not None:
        query = query.where(OutboxMessage.kind == kind)
    return list(session.scalars(query.order_by(OutboxMessage.created_at, OutboxMessage.message_id)))


def last_body(session: Session, email: str, kind: str | None = None) -> Body:
    body = body_of(mails(session, email, kind)[-1])
    assert body is not None
    return body


def token_for(session: Session, email: str) -> str:
    """Of the newest invitation mail's link."""
    link = re.search(r"http\S+/invitation\S+", last_body(session, email, "invitation").text)
    assert link
    return parse_qs(urlsplit(link[0]).query)["token"][0]
