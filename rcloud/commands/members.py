"""members …: the people of an account, and those who are invited."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud import confirm
from rcloud.api import at
from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Person, Yes
from rcloud.output import Columns, time_of
from rcloud.roles import MemberRole

app = group("Members of an account, and who is invited to it.")
COLUMNS: Columns = {"E-MAIL": "email", "NAME": "name", "ROLE": "role", "ID": "userId", "SINCE": time_of("createdAt")}
INVITED: Columns = {
    "E-MAIL": "email",
    "ROLE": "role",
    "STATUS": "status",
    "ID": "invitationId",
    "SENT": time_of("createdAt"),
    "EXPIRES": time_of("expiresAt"),
}


Invitation = Annotated[str, typer.Argument(metavar="INVITATION", help="e-mail address or id")]


@command(app, "list")
def list_members(cloud: Cloud) -> None:
    """The people of the account and their roles."""
    account = cloud.find.account()
    found = cloud.api.all(at("accounts", account["accountId"], "members"))
    cloud.out.items(found, COLUMNS, f"Account {account['name']} has no members.")


@command(app, "invite")
def invite(
    cloud: Cloud,
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    role: Annotated[MemberRole, typer.Option("--role", help="what they may do")] = MemberRole.DEVELOPER,
    expires_in_days: Annotated[
        int | None, typer.Option("--expires-in-days", min=1, help="how long it can be accepted")
    ] = None,
) -> None:
    """Invite somebody by mail. Only the owner of that address can accept."""
    account = cloud.find.account()
    body: dict[str, object] = {"email": email, "role": role.value}
    if expires_in_days:
        body["expiresInDays"] = expires_in_days
    made = cloud.api.create(at("accounts", account["accountId"], "invitations"), body)
    cloud.out.done(made, f"Invited {made['email']} to {account['name']} as {made['role']}.")


@command(app, "invitations")
def invitations(cloud: Cloud) -> None:
    """The account's invitations."""
    account = cloud.find.account()
    found = cloud.api.all(at("accounts", account["accountId"], "invitations"))
    cloud.out.items(found, INVITED, f"Nobody is invited to {account['name']}. Invite: rcloud members invite EMAIL")


@command(app, "revoke-invitation")
def revoke_invitation(cloud: Cloud, invitation: Invitation) -> None:
    """Take an invitation back; its link stops working."""
    account = cloud.find.account()
    found = cloud.find.invitation(account, invitation)
    cloud.api.change("DELETE", at("accounts", account["accountId"], "invitations", found["invitationId"]))
    cloud.out.done(found, f"{found['email']} can no longer accept.")


@command(app, "resend")
def resend(cloud: Cloud, invitation: Invitation) -> None:
    """Send an invitation again, with a new link."""
    account = cloud.find.account()
    found = cloud.find.invitation(account, invitation)
    path = at("accounts", account["accountId"], "invitations", found["invitationId"], "resend")
    sent = cloud.api.change("POST", path) or found
    cloud.out.done(sent, f"Sent to {found['email']} again.")


@command(app, "set-role")
def set_role(
    cloud: Cloud, member: Person, role: Annotated[MemberRole, typer.Argument(metavar="ROLE", help="the new role")]
) -> None:
    """Give a member another role: owner, admin, developer or viewer."""
    account = cloud.find.account()
    found = cloud.find.member(account, member)
    path = at("accounts", account["accountId"], "members", found["userId"])
    changed = cloud.api.change("PATCH", path, {"role": role.value})
    now = changed or found | {"role": role.value}
    cloud.out.done(now, f"{found['email']} is now {role.value} of {account['name']}.")


@command(app, "remove")
def remove(cloud: Cloud, member: Person, yes: Yes = False) -> None:
    """Remove a member. Their access to the account's environments ends at once."""
    account = cloud.find.account()
    found = cloud.find.member(account, member)
    confirm.agreed(f"Remove {found['email']} from {account['name']}?", yes=yes)
    cloud.api.change("DELETE", at("accounts", account["accountId"], "members", found["userId"]))
    cloud.out.done(found, f"Removed {found['email']} from {account['name']}.")


@command(app, "leave")
def leave(cloud: Cloud, yes: Yes = False) -> None:
    """Leave the account yourself."""
    account = cloud.find.account()
    me = cloud.api.get(at("auth", "me"))["user"]
    confirm.agreed(f"Leave {account['name']}? Only an invitation brings you back.", yes=yes)
    cloud.api.change("DELETE", at("accounts", account["accountId"], "members", me["userId"]))
    cloud.out.done(account, f"You left {account['name']}.")
