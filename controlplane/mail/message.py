"""A row of the outbox as the message of RFC 5322, and its body sealed to it."""

import json
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from controlplane.core import crypto
from controlplane.mail.models import OutboxMessage
from controlplane.mail.smtp import Refused
from controlplane.settings import settings


class Body(NamedTuple):
    text: str
    html: str


def seal(message_id: str, body: Body) -> bytes:
    return crypto.seal(json.dumps(body).encode(), message_id)


def body_of(message: OutboxMessage) -> Body | None:
    """Null once it has been deleted."""
    if message.sealed_body is None:
        return None
    return Body(*json.loads(crypto.unseal(message.sealed_body, message.message_id)))


def as_email(message: OutboxMessage, sender: str) -> EmailMessage:
    """Its `Message-ID` is the same at every attempt. Raises `Refused` for an address that no header can hold."""
    email = EmailMessage()
    try:
        email["To"] = Address(addr_spec=message.recipient)
    except ValueError as error:
        raise Refused(f"This address cannot be sent to: {error}") from error
    email["From"] = sender
    email["Subject"] = message.subject
    email["Date"] = format_datetime(message.created_at)
    email["Message-ID"] = f"<{message.message_id}@{urlsplit(settings().console_url).hostname}>"
    # RFC 3834: no vacation message answers it.
    email["Auto-Submitted"] = "auto-generated"
    body = body_of(message) or Body("", "")
    email.set_content(body.text)
    email.add_alternative(body.html, subtype="html")
    return email
