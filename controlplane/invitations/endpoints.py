from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from sqlalchemy.orm import Session

from controlplane.auth import Caller, Permission, PersonRequired, Principal, RecentSignInRequired, Role, require
from controlplane.core.database import DbSession
from controlplane.core.errors import TooManyRequests
from controlplane.core.idempotency_service import Once
from controlplane.core.openapi import refusals
from controlplane.core.pagination import After, Limit, Page, page
from controlplane.invitations import answers, repository, service
from controlplane.invitations.errors import (
    AddressNotVerified,
    AlreadyInvited,
    InvitationEnded,
    InvitationExpired,
    InvitationForAnotherAddress,
    InvitationLimitReached,
    InvitationNotFound,
    InvitationVoid,
)
from controlplane.invitations.models import Invitation
from controlplane.invitations.repository import Inviter
from controlplane.invitations.schemas import Answer, InvitationView, MyInvitationView, NewInvitation
from controlplane.members.errors import AlreadyMember, RoleNotYours
from controlplane.members.schemas import StandingView

router = APIRouter(tags=["invitations"])
Sender = Annotated[Principal, Depends(require(Permission.MEMBER_INVITE))]
_OF_ACCOUNT = "/accounts/{account_id}/invitations"
_SENDING = (RoleNotYours, AlreadyMember, TooManyRequests, PersonRequired, RecentSignInRequired)
_ANSWERING = (AddressNotVerified, InvitationForAnotherAddress, InvitationNotFound, InvitationEnded)


@router.post(
    _OF_ACCOUNT, status_code=status.HTTP_201_CREATED, response_model=InvitationView, operation_id="createInvitation",
    responses=refusals(AlreadyInvited, InvitationLimitReached, *_SENDING),
)  # fmt: skip
def create_invitation(
    account_id: str, body: NewInvitation, session: DbSession, principal: Sender, once: Once
) -> Response:
    """Invite somebody by mail. Only a signed-in user with that verified address can accept."""
    invite = partial(service.invite, session, principal, account_id, body.email, body.role, body.expires_in_days)
    return once(principal.user_id, lambda: _view(session, invite()))


@router.get(_OF_ACCOUNT, operation_id="listInvitations")
def list_invitations(
    account_id: str,
    session: DbSession,
    _principal: Sender,
    after: After = None,
    limit: Limit = 50,
    ended: Annotated[bool, Query(description="also those accepted, declined, revoked or replaced")] = False,
) -> Page[InvitationView]:
    """The account's invitations, newest first. One that has run out can be sent again."""
    query = repository.of_account(account_id) if ended else repository.open_of_account(account_id)
    rows, following = page(session, query, Invitation.invitation_id, after, limit, newest_first=True)
    inviters = repository.inviters(session, account_id, {row.invited_by for row in rows})
    items = [_shown(row, inviters[row.invited_by]) for row in rows]
    return Page[InvitationView](items=items, next=following)


@router.post(
    f"{_OF_ACCOUNT}/{{invitation_id}}/resend", operation_id="resendInvitation",
    responses=refusals(InvitationEnded, *_SENDING),
)  # fmt: skip
def resend_invitation(account_id: str, invitation_id: str, session: DbSession, principal: Sender) -> InvitationView:
    """Send the mail again, in your name and with a fresh expiry. The link of the earlier mail stops working."""
    return _view(session, service.resend(session, principal, account_id, invitation_id))


@router.delete(
    f"{_OF_ACCOUNT}/{{invitation_id}}", status_code=status.HTTP_204_NO_CONTENT, operation_id="revokeInvitation",
    responses=refusals(InvitationEnded, RoleNotYours),
)  # fmt: skip
def revoke_invitation(account_id: str, invitation_id: str, session: DbSession, principal: Sender) -> None:
    """Withdraw an invitation; its link stops working."""
    service.revoke(session, principal, account_id, invitation_id)


@router.get("/invitations", operation_id="listMyInvitations")
def list_my_invitations(session: DbSession, caller: Caller) -> Page[MyInvitationView]:
    """The invitations that wait for you, by your verified address."""
    items = [
        MyInvitationView(
            invitation_id=invitation.invitation_id,
            account_id=account.account_id,
            account_name=account.name,
            role=Role(invitation.role),
            invited_by=inviter.email,
            expires_at=invitation.expires_at,
        )
        for invitation, account, inviter in answers.waiting(session, caller)
    ]
    return Page[MyInvitationView](items=items, next=None)


@router.post(
    "/invitations/accept", operation_id="acceptInvitation",
    responses=refusals(*_ANSWERING, InvitationExpired, InvitationVoid, AlreadyMember),
)  # fmt: skip
def accept_invitation(body: Answer, session: DbSession, caller: Caller) -> StandingView:
    """Become a member, by the token of the mail or an id of `GET /invitations`."""
    invitation = answers.accept(session, caller, body)
    return StandingView(account_id=invitation.account_id, role=Role(invitation.role))


@router.post(
    "/invitations/decline", status_code=status.HTTP_204_NO_CONTENT, operation_id="declineInvitation",
    responses=refusals(*_ANSWERING),
)  # fmt: skip
def decline_invitation(body: Answer, session: DbSession, caller: Caller) -> None:
    """Say no; whoever invited you sees it in the account's list."""
    answers.decline(session, caller, body)


def _view(session: Session, invitation: Invitation) -> InvitationView:
    inviters = repository.inviters(session, invitation.account_id, [invitation.invited_by])
    return _shown(invitation, inviters[invitation.invited_by])


def _shown(invitation: Invitation, inviter: Inviter) -> InvitationView:
    return InvitationView(
        invitation_id=invitation.invitation_id,
        email=invitation.email,
        role=Role(invitation.role),
        status=answers.status_of(invitation, inviter),
        created_at=invitation.created_at,
        expires_at=invitation.expires_at,
        invited_by=inviter.email,
    )
