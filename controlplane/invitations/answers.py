"""What the invited person does: look, accept, decline. Only the verified, signed-in owner of the address may."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.accounts import service as accounts
from controlplane.accounts.models import Account
from controlplane.auth import Principal, Role
from controlplane.auth.permissions import GRANTS
from controlplane.core import clock, tokens
from controlplane.invitations import repository, service
from controlplane.invitations.errors import (
    AddressNotVerified,
    InvitationEnded,
    InvitationExpired,
    InvitationForAnotherAddress,
    InvitationNotFound,
    InvitationVoid,
)
from controlplane.invitations.models import Invitation, Outcome
from controlplane.invitations.repository import Inviter
from controlplane.invitations.schemas import Answer, Status
from controlplane.members import service as members
from controlplane.members.models import Joined

_ENDED = {
    Outcome.ACCEPTED: "This invitation was accepted already. If you are no member any more, ask for a new one.",
    Outcome.DECLINED: "This invitation was declined. If you have changed your mind, ask for a new one.",
    Outcome.REVOKED: "This invitation was withdrawn. Ask for a new one if you should still join.",
    Outcome.REPLACED: "A newer invitation has taken this one's place. Open the link of the newest mail.",
}


def waiting(session: Session, by: Principal) -> Sequence[tuple[Invitation, Account, Inviter]]:
    """The invitations one can accept now; none for an address that is not verified."""
    if not by.email_verified:
        return []
    rows = repository.waiting_for(session, by.email, by.user_id, clock.now())
    return [row for row in rows if status_of(row[0], row[2]) == Status.PENDING]


def accept(session: Session, by: Principal, answer: Answer) -> Invitation:
    """`by` is a member from this commit on.

    Raises `AddressNotVerified`, `InvitationNotFound`, `InvitationForAnotherAddress`, `InvitationEnded`,
    `InvitationExpired`, `InvitationVoid`, `AlreadyMember`.
    """
    invitation = _mine_locked(session, by, answer)
    inviters = repository.inviters(session, invitation.account_id, [invitation.invited_by])
    status = status_of(invitation, inviters[invitation.invited_by])
    if status == Status.EXPIRED:
        raise InvitationExpired(invitation.expires_at)
    if status == Status.VOID:
        raise InvitationVoid
    members.add(session, invitation.account_id, by.user_id, Role(invitation.role), Joined.INVITATION)
    _end(session, by, invitation, Outcome.ACCEPTED)
    return invitation


def decline(session: Session, by: Principal, answer: Answer) -> None:
    """Also one that has run out. Raises what `accept` raises, but for expiry."""
    _end(session, by, _mine_locked(session, by, answer), Outcome.DECLINED)


def status_of(invitation: Invitation, inviter: Inviter) -> Status:
    """An invitation is worth what whoever sent it may give now: it is void once they left or lost that right."""
    if invitation.outcome is not None:
        return Status(invitation.outcome)
    if invitation.expires_at <= clock.now():
        return Status.EXPIRED
    may = inviter.role is not None and Role(invitation.role) in GRANTS[inviter.role]
    return Status.PENDING if may else Status.VOID


def _mine_locked(session: Session, by: Principal, answer: Answer) -> Invitation:
    """An invitation of the caller's address that has not ended, and nobody else answers, resends or revokes it now."""
    if not by.email_verified:
        raise AddressNotVerified
    accounts.lock(session, _found(session, by, answer).account_id)
    # Found anew under the lock: a token that was sent again meanwhile is a stranger's.
    invitation = repository.refresh_locked(session, _found(session, by, answer))
    if invitation is None:
        raise InvitationNotFound
    if invitation.outcome is not None:
        raise InvitationEnded(_ENDED[Outcome(invitation.outcome)])
    return invitation


def _found(session: Session, by: Principal, answer: Answer) -> Invitation:
    if answer.token is not None:
        invitation = repository.by_digest(session, tokens.digest(answer.token))
    else:
        invitation = repository.by_id(session, answer.invitation_id or "", by.email)
    if invitation is None:
        raise InvitationNotFound
    if invitation.email != by.email:
        raise InvitationForAnotherAddress
    return invitation


def _end(session: Session, by: Principal, invitation: Invitation, outcome: Outcome) -> None:
    service.end(invitation, outcome)
    verb = "accept" if outcome is Outcome.ACCEPTED else "decline"
    details = {"email": invitation.email, "role": invitation.role}
    audit.record(session, by, f"invitation.{verb}", invitation.invitation_id, invitation.account_id, details)
