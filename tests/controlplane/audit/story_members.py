"""From inviting somebody to the end of the account."""

from __future__ import annotations

from collections.abc import Iterator

from tests.controlplane.audit.story import Story
from tests.controlplane.mailbox import token_for
from tests.controlplane.people import Person

Steps = Iterator[tuple[str, list[str]]]


def tell(story: Story) -> Steps:
    mia, ned = story.signs_up("mia"), story.signs_up("ned")
    account = f"/accounts/{mia.account()}"
    story.rows()
    story.asked(mia, "PATCH", account, {"name": "renamed"})
    yield "updateAccount", ["account.rename"]
    yield from _invitations(story, mia, ned, f"{account}/invitations")
    story.asked(mia, "PATCH", f"{account}/members/{ned.user_id}", {"role": "viewer"})
    yield "changeMember", ["member.change_role"]
    story.asked(mia, "POST", f"{account}/transfer", {"userId": ned.user_id})
    yield "transferAccount", ["account.transfer"]
    story.asked(ned, "DELETE", f"{account}/members/{mia.user_id}")
    yield "removeMember", ["member.remove"]
    story.asked(ned, "DELETE", account)
    yield "deleteAccount", ["account.delete"]


def _invitations(story: Story, mia: Person, ned: Person, path: str) -> Steps:
    invited = {"email": ned.email, "role": "admin"}
    for answer in ("revoke", "decline", "accept"):
        made = story.asked(mia, "POST", path, invited)["invitationId"]
        story.secrets.append(token_for(story.session, ned.email))
        yield "createInvitation", ["invitation.create"]
        if answer == "revoke":
            story.asked(mia, "POST", f"{path}/{made}/resend")
            story.secrets.append(token_for(story.session, ned.email))
            yield "resendInvitation", ["invitation.resend"]
            story.asked(mia, "DELETE", f"{path}/{made}")
        else:
            story.asked(ned, "POST", f"/invitations/{answer}", {"invitationId": made})
        yield f"{answer}Invitation", [f"invitation.{answer}"]
