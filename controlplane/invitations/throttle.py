"""How much mail invitations may cause in a day: this plane is nobody's way to write to strangers.

Counted are mails, not invitations: sending again counts, revoking does not give back.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.core import clock, tokens
from controlplane.core.errors import TooManyRequests
from controlplane.invitations import repository
from controlplane.invitations.models import InvitationMail
from controlplane.settings import settings

DAY = timedelta(days=1)
# Of mails to one address, from the whole plane.
PER_RECIPIENT = 5
# Somebody may invite to several accounts, but not to as many as they can create.
INVITER_FACTOR = 2


def note_mail(session: Session, account_id: str, user_id: str, email: str) -> None:
    """Count one more mail, or refuse it. Raises `TooManyRequests`."""
    recipient, per_day = tokens.digest(email), settings().invitation_mails_per_account_daily
    # Always in this order, behind the account's lock: counting and adding are one step.
    for subject in (f"invitations-by:{user_id}", f"invitations-to:{recipient}"):
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": subject})
    limits = (
        (InvitationMail.recipient, recipient, PER_RECIPIENT, "to this address"),
        (InvitationMail.account_id, account_id, per_day, "from this account"),
        (InvitationMail.invited_by, user_id, per_day * INVITER_FACTOR, "from you"),
    )
    for column, value, limit, whose in limits:
        sent = repository.mails_since(session, column, value, clock.now() - DAY)
        if len(sent) >= limit:
            seconds = int((sent[-limit] + DAY - clock.now()).total_seconds()) + 1
            raise TooManyRequests(f"{limit} invitation mails {whose} in a day is the limit. {_when(seconds)}", seconds)
    session.add(InvitationMail(account_id=account_id, invited_by=user_id, recipient=recipient, sent_at=clock.now()))


def _when(seconds: int) -> str:
    hours = seconds // 3600
    return f"Try again in {hours} hours." if hours > 1 else f"Try again in {seconds // 60 + 1} minutes."
