"""Who may do what to whose membership, once more and in the plainest words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

# Who is what to begin with, the founders first.
ACCOUNTS = {"red": {"ada": "owner", "bob": "admin", "cleo": "developer"}, "blue": {"bob": "owner", "dan": "admin"}}
MANAGERS = ("owner", "admin")


@dataclass
class Invited:
    """The newest invitation of somebody to an account, as the oracle sees it."""

    invitation_id: str
    role: str
    by: str
    is_open: bool = True


class Oracle:
    """The rules once more, in the plainest words. Each answer is `ok` or the code of the refusal."""

    def __init__(self) -> None:
        self.roles: dict[str, dict[str, str]] = {name: dict(held) for name, held in ACCOUNTS.items()}
        self.invited: dict[tuple[str, str], Invited] = {}

    def manages(self, account: str, by: str) -> str:
        own = self.roles[account].get(by)
        return "not_found" if own is None else "ok" if own in MANAGERS else "permission_denied"

    def gives(self, account: str, by: str, *given: str) -> str:
        is_admin = self.roles[account].get(by) == "admin"
        return "role_not_yours_to_give" if is_admin and "owner" in given else "ok"

    def keeps_an_owner(self, account: str, without: str) -> str:
        owners = {person for person, role in self.roles[account].items() if role == "owner"}
        return "last_owner" if owners == {without} else "ok"

    def change(self, account: str, by: str, person: str, role: str) -> str:
        present = self.roles[account].get(person)
        return first(
            lambda: self.manages(account, by),
            lambda: "ok" if present else "not_found",
            lambda: self.gives(account, by, str(present), role),
            lambda: "ok" if present == role else self.keeps_an_owner(account, person),
        )

    def remove(self, account: str, by: str, person: str) -> str:
        present = self.roles[account].get(person)
        others = by != person
        return first(
            lambda: "ok" if by in self.roles[account] and present else "not_found",
            lambda: self.manages(account, by) if others else "ok",
            lambda: self.gives(account, by, str(present)) if others else "ok",
            lambda: self.keeps_an_owner(account, person),
        )

    def transfer(self, account: str, by: str, person: str) -> str:
        own = self.roles[account].get(by)
        return first(
            lambda: "ok" if own else "not_found",
            lambda: "ok" if own == "owner" else "permission_denied",
            lambda: "transfer_to_yourself" if by == person else "ok",
            lambda: "ok" if person in self.roles[account] else "not_found",
        )

    def invite(self, account: str, by: str, person: str, role: str) -> str:
        earlier = self.invited.get((account, person))
        return first(
            lambda: self.manages(account, by),
            lambda: self.gives(account, by, role),
            lambda: "already_member" if person in self.roles[account] else "ok",
            lambda: "already_invited" if earlier and earlier.is_open else "ok",
        )

    def handle(self, account: str, by: str, person: str, *, resend: bool) -> str:
        invited = self.invited[account, person]
        return first(
            lambda: self.manages(account, by),
            lambda: "ok" if invited.is_open else "invitation_ended",
            lambda: self.gives(account, by, invited.role),
            lambda: "already_member" if resend and person in self.roles[account] else "ok",
        )

    def accept(self, account: str, person: str) -> str:
        invited = self.invited[account, person]
        sound = self.manages(account, invited.by) == self.gives(account, invited.by, invited.role) == "ok"
        return first(
            lambda: "ok" if invited.is_open else "invitation_ended",
            lambda: "ok" if sound else "invitation_void",
            lambda: "already_member" if person in self.roles[account] else "ok",
        )


def first(*answers: Callable[[], str]) -> str:
    """The first refusal."""
    return next((said for answer in answers if (said := answer()) != "ok"), "ok")
