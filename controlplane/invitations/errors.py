from datetime import datetime

from controlplane.core.errors import ApplicationError, Conflict, PermissionDenied


class AlreadyInvited(Conflict):
    code = "already_invited"

    def __init__(self, email: str, invitation_id: str) -> None:
        super().__init__(
            f"{email} has an open invitation to this account. Send it again, or revoke it before you make another.",
            {"invitationId": invitation_id},
        )


class InvitationLimitReached(Conflict):
    code = "invitation_limit_reached"

    def __init__(self, limit: int) -> None:
        super().__init__(f"This account has its limit of {limit} open invitations. Revoke some first.")


class InvitationNotFound(ApplicationError):
    status = 404
    code = "invitation_not_found"

    def __init__(self) -> None:
        super().__init__(
            "This invitation does not exist, or a newer mail has taken its place. "
            "Open the link of the newest mail, or ask for a new invitation."
        )


class InvitationForAnotherAddress(PermissionDenied):
    """Does not say whose: the link may have been forwarded."""

    code = "invitation_for_another_address"

    def __init__(self) -> None:
        super().__init__(
            "This invitation was sent to another address than the one you signed in with. Sign in with the address "
            "that received it, or ask to be invited under yours."
        )


class AddressNotVerified(PermissionDenied):
    code = "email_not_verified"

    def __init__(self) -> None:
        super().__init__("Confirm your e-mail address first: open the link in the mail we sent, or ask for another.")


class InvitationEnded(Conflict):
    code = "invitation_ended"


class InvitationExpired(Conflict):
    code = "invitation_expired"

    def __init__(self, at: datetime) -> None:
        super().__init__(f"This invitation was valid until {at:%d %B %Y, %H:%M} UTC. Ask for a new one.")


class InvitationVoid(Conflict):
    code = "invitation_void"

    def __init__(self) -> None:
        super().__init__(
            "Whoever sent this invitation may no longer invite to this role. "
            "Ask an owner or admin of the account to send it again."
        )
