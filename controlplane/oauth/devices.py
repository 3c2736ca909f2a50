"""A person looks at the program that waits with a user code, and lets it in or not (RFC 8628 §3.3)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.login import throttle
from controlplane.oauth import clients, repository, user_codes
from controlplane.oauth.errors import AlreadyDecided
from controlplane.oauth.models import DeviceRequest

PENDING, APPROVED, DENIED = "pending", "approved", "denied"


@dataclass(frozen=True)
class Waiting:
    """What the program said and did not say of itself: `user_agent` is its own word, `address` is not."""

    client_id: str
    client_name: str
    user_agent: str | None
    address: str | None
    requested_at: datetime
    expires_at: datetime
    status: str


def look(session: Session, by: Principal, user_code: str) -> Waiting | None:
    """Null when nobody waits with this code; the guess is counted in this transaction, which must then commit.

    Raises `TooManyRequests`, whatever the code: 20⁸ codes cannot be tried out (RFC 8628 §5.1).
    """
    row = _find(session, by, user_code)
    return _shown(row) if row else None


def decide(session: Session, by: Principal, session_id: str, user_code: str, *, approved: bool) -> Waiting | None:
    """Once and for all. Null as above. Raises `TooManyRequests`, `AlreadyDecided`."""
    row = _find(session, by, user_code)
    if row is None:
        return None
    if row.decision is not None:
        raise AlreadyDecided(row.decision)
    row.decision = APPROVED if approved else DENIED
    row.decided_at, row.user_id, row.session_id = clock.now(), by.user_id, session_id
    details = {"client": row.client_id, "userAgent": row.user_agent, "address": row.address}
    audit.record(session, by, f"program.{row.decision}", session_id, details=details)
    return _shown(row)


def _find(session: Session, by: Principal, user_code: str) -> DeviceRequest | None:
    # The blank keeps it apart from any e-mail address.
    subject = f"user code {by.user_id}"
    throttle.check(session, subject, everywhere=1)
    row = repository.by_user_code(session, user_codes.digest(user_code), clock.now())
    if row is None:
        throttle.failed(session, subject)
    return row


def _shown(row: DeviceRequest) -> Waiting:
    client = clients.CLIENTS[row.client_id]
    return Waiting(
        client_id=client.client_id,
        client_name=client.name,
        user_agent=row.user_agent,
        address=row.address,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        status=row.decision or PENDING,
    )
