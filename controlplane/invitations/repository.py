"""Queries on invitations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from controlplane.accounts.models import Account
from controlplane.auth import Role
from controlplane.invitations.models import Invitation, InvitationMail
from controlplane.members.models import Member
from controlplane.users.models import User


@dataclass(frozen=True)
class Inviter:
    """Whoever sent an invitation; `role` is theirs in the account now, null when they are no member."""

    email: str
    role: Role | None


def of_account(account_id: str) -> Select[Invitation]:
    """All of them, ended ones too; ask only for an account the principal may manage."""
    return select(Invitation).where(Invitation.account_id == account_id)


def open_of_account(account_id: str) -> Select[Invitation]:
    """Those nobody has answered or revoked, run out or not."""
    return of_account(account_id).where(Invitation.outcome.is_(None))


def find(session: Session, account_id: str, invitation_id: str) -> Invitation | None:
    return session.scalar(of_account(account_id).where(Invitation.invitation_id == invitation_id))


def by_digest(session: Session, digest: str) -> Invitation | None:
    return session.scalar(select(Invitation).where(Invitation.digest == digest))


def by_id(session: Session, invitation_id: str, email: str) -> Invitation | None:
    query = select(Invitation).where(Invitation.invitation_id == invitation_id, Invitation.email == email)
    return session.scalar(query)


def refresh_locked(session: Session, invitation: Invitation) -> Invitation | None:
    """The same row as it is now, if it is still there."""
    query = select(Invitation).where(Invitation.invitation_id == invitation.invitation_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def open_for(session: Session, account_id: str, email: str) -> Invitation | None:
    return session.scalar(open_of_account(account_id).where(Invitation.email == email))


def count_open(session: Session, account_id: str, now: datetime) -> int:
    query = open_of_account(account_id).where(Invitation.expires_at > now)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def inviters(session: Session, account_id: str, user_ids: Collection[str]) -> Mapping[str, Inviter]:
    query = select(User.user_id, User.email, Member.role).outerjoin(
        Member, and_(Member.user_id == User.user_id, Member.account_id == account_id)
    )
    rows = session.execute(query.where(User.user_id.in_(user_ids)))
    return {user_id: Inviter(email, Role(role) if role else None) for user_id, email, role in rows}


def waiting_for(
    session: Session, email: str, user_id: str, now: datetime
) -> Sequence[tuple[Invitation, Account, Inviter]]:
    """What has neither ended nor run out, oldest first, for an address and the user whose it is."""
    present = exists().where(Member.account_id == Invitation.account_id, Member.user_id == user_id)
    inviter = and_(Member.user_id == User.user_id, Member.account_id == Invitation.account_id)
    query = (
        select(Invitation, Account, User.email, Member.role)
        .join(Account, Account.account_id == Invitation.account_id)
        .join(User, User.user_id == Invitation.invited_by)
        .outerjoin(Member, inviter)
        .where(Invitation.email == email, Invitation.outcome.is_(None), Invitation.expires_at > now)
        .where(~present.correlate(Invitation))
        .order_by(Invitation.invitation_id)
    )
    rows = session.execute(query)
    return [(row[0], row[1], Inviter(row[2], Role(row[3]) if row[3] else None)) for row in rows]


def mails_since(session: Session, column: InstrumentedAttribute[str], value: str, since: datetime) -> list[datetime]:
    """When mails left of one account, inviter or recipient, oldest first."""
    query = select(InvitationMail.sent_at).where(column == value, InvitationMail.sent_at > since)
    return list(session.scalars(query.order_by(InvitationMail.sent_at)))


def delete_all(session: Session, account_id: str) -> None:
    session.execute(delete(Invitation).where(Invitation.account_id == account_id))


def forget(session: Session, ended_before: datetime, mailed_before: datetime) -> None:
    over = or_(Invitation.ended_at < ended_before, Invitation.expires_at < ended_before)
    session.execute(delete(Invitation).where(over))
    session.execute(delete(InvitationMail).where(InvitationMail.sent_at < mailed_before))
