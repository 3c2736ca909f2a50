"""Inviting into an account: who may, whom, and for how long."""

from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts.models import Account
from controlplane.auth import Permission, Principal, Role
from controlplane.auth.permissions import GRANTS
from controlplane.core import clock, tokens
from controlplane.core.errors import NotFound
from controlplane.core.ids import new_id
from controlplane.invitations import repository, throttle
from controlplane.invitations.errors import AlreadyInvited, InvitationEnded, InvitationLimitReached
from controlplane.invitations.models import Invitation, Outcome
from controlplane.mail import service as mail
from controlplane.members import repository as members
from controlplane.members import service as membership
from controlplane.members.errors import AlreadyMember, RoleNotYours
from controlplane.settings import settings

_KEPT = timedelta(days=90)


def invite(
    session: Session, by: Principal, account_id: str, email: str, role: Role, valid_days: int | None
) -> Invitation:
    """A new invitation, and its mail. One that has run out gives way to it.

    Raises `PermissionDenied`, `RoleNotYours`, `AlreadyMember`, `AlreadyInvited`, `InvitationLimitReached`,
    `TooManyRequests`.
    """
    account = _granting(session, by, account_id, role)
    _refuse_member(session, account_id, email)
    _make_room(session, account_id, email)
    invitation = Invitation(
        invitation_id=new_id("inv"),
        account_id=account_id,
        email=email,
        role=role.value,
        valid_days=valid_days or settings().invitation_days,
        created_at=clock.now(),
    )
    _send(session, by, account, invitation)
    session.add(invitation)
    _record(session, by, "invitation.create", invitation)
    return invitation


def resend(session: Session, by: Principal, account_id: str, invitation_id: str) -> Invitation:
    """A fresh token and a fresh expiry, now in the name of `by`; the old link is worthless.

    Raises `NotFound`, `InvitationEnded`, and what `invite` raises.
    """
    invitation = _open(session, by, account_id, invitation_id)
    account = _granting(session, by, account_id, Role(invitation.role))
    _refuse_member(session, account_id, invitation.email)
    _send(session, by, account, invitation)
    _record(session, by, "invitation.resend", invitation)
    return invitation


def revoke(session: Session, by: Principal, account_id: str, invitation_id: str) -> None:
    """Raises `NotFound`, `InvitationEnded`, `PermissionDenied`, `RoleNotYours`."""
    invitation = _open(session, by, account_id, invitation_id)
    _allowed(session, by, account_id, Role(invitation.role))
    end(invitation, Outcome.REVOKED)
    _record(session, by, "invitation.revoke", invitation)


def end(invitation: Invitation, outcome: Outcome) -> None:
    invitation.outcome, invitation.ended_at = outcome.value, clock.now()


def forget_account(session: Session, account_id: str) -> None:
    """For an account that is being deleted."""
    repository.delete_all(session, account_id)


def forget_old(session: Session) -> None:
    """Delete what ended or ran out long ago, and mails the limits no longer count."""
    repository.forget(session, clock.now() - _KEPT, clock.now() - throttle.DAY)


def _granting(session: Session, by: Principal, account_id: str, role: Role) -> Account:
    account, own = membership.standing(session, by, account_id, Permission.MEMBER_INVITE)
    membership.check_grant(by, own, role)
    return account


def _allowed(session: Session, by: Principal, account_id: str, role: Role) -> None:
    _, own = membership.standing(session, by, account_id, Permission.MEMBER_INVITE)
    if role not in GRANTS[own]:
        raise RoleNotYours(own, role)


def _refuse_member(session: Session, account_id: str, email: str) -> None:
    present = members.by_email(session, account_id, email)
    if present is not None:
        raise AlreadyMember(
            f"{email} is a member of this account already, as {present.role}. Change the member's role instead."
        )


def _make_room(session: Session, account_id: str, email: str) -> None:
    earlier = repository.open_for(session, account_id, email)
    if earlier is not None and earlier.expires_at > clock.now():
        raise AlreadyInvited(email, earlier.invitation_id)
    if earlier is not None:
        end(earlier, Outcome.REPLACED)
        # Written now: only one invitation of an address may be open.
        session.flush()
    limit = settings().open_invitations_per_account
    if repository.count_open(session, account_id, clock.now()) >= limit:
        raise InvitationLimitReached(limit)


def _open(session: Session, by: Principal, account_id: str, invitation_id: str) -> Invitation:
    """Raises `NotFound`, `InvitationEnded`."""
    membership.standing(session, by, account_id, Permission.MEMBER_INVITE)
    invitation = repository.find(session, account_id, invitation_id)
    if invitation is None:
        raise NotFound("invitation")
    if invitation.outcome is not None:
        raise InvitationEnded(f"This invitation was {invitation.outcome} already. Make a new one instead.")
    return invitation


def _send(session: Session, by: Principal, account: Account, invitation: Invitation) -> None:
    throttle.note_mail(session, account.account_id, by.user_id, invitation.email)
    token = f"{invitation.invitation_id}.{tokens.new_secret()}"
    invitation.digest, invitation.invited_by = tokens.digest(token), by.user_id
    invitation.expires_at = clock.now() + timedelta(days=invitation.valid_days)
    # Nothing the inviter can write freely, their own name included: whoever gets this may not know them.
    context: dict[str, object] = {
        "account": account.name,
        "inviter": by.email,
        "role": invitation.role,
        "url": f"{settings().console_url}/invitation?{urlencode({'token': token})}",
        "expires_at": invitation.expires_at,
    }
    mail.send(session, invitation.email, "invitation", context, "invitation", expires_at=invitation.expires_at)


def _record(session: Session, by: Principal, action: str, invitation: Invitation) -> None:
    details = {"email": invitation.email, "role": invitation.role}
    audit.record(session, by, action, invitation.invitation_id, invitation.account_id, details)
