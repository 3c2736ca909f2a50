"""invitations …: those sent to me."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.output import Columns, time_of

app = group("Invitations to you. Those of an account: rcloud members invitations.")
COLUMNS: Columns = {
    "ACCOUNT": "accountName",
    "ROLE": "role",
    "INVITED BY": "invitedBy",
    "ID": "invitationId",
    "EXPIRES": time_of("expiresAt"),
}
Invitation = Annotated[str, typer.Argument(metavar="INVITATION", help="id, or the account's name or id")]


@command(app, "list")
def list_invitations(cloud: Cloud) -> None:
    """The invitations you can accept."""
    cloud.out.items(cloud.api.all(at("invitations")), COLUMNS, "Nobody invited you.")


@command(app, "accept")
def accept(cloud: Cloud, invitation: Invitation) -> None:
    """Become a member of the account."""
    found = cloud.find.invitation_to_me(invitation)
    joined = cloud.api.change("POST", at("invitations", "accept"), {"invitationId": found["invitationId"]})
    cloud.out.done(joined, f"You are now {joined['role']} of {found['accountName']}.")


@command(app, "decline")
def decline(cloud: Cloud, invitation: Invitation) -> None:
    """Turn an invitation down."""
    found = cloud.find.invitation_to_me(invitation)
    cloud.api.change("POST", at("invitations", "decline"), {"invitationId": found["invitationId"]})
    cloud.out.done(found, f"Declined the invitation to {found['accountName']}.")
