"""What the edges know of memberships: those in effect.

Where an account demands a second factor, a member without one has no rights in it, here or at an edge. That hangs on
three rows (account, user, member), so every change of one of them publishes through here.
"""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from controlplane.edge_log import Change, Table, publish_read
from controlplane.members import repository


def publish_member(session: Session, account_id: str, user_id: str) -> None:
    """The membership as it is with this commit: begun, in another role, or over."""

    def read() -> Iterator[Change]:
        value = dict(repository.edge_entries(session, account_id=account_id, user_id=user_id))
        yield Table.MEMBERS, (key := f"{user_id}/{account_id}"), value.get(key)

    publish_read(session, read)


def second_factor_rule_changed(session: Session, account_id: str) -> None:
    """The account began or ceased to demand a second factor."""
    publish_read(session, lambda: _changes(repository.edge_entries(session, account_id=account_id)))


def second_factor_changed(session: Session, user_id: str) -> None:
    """The user enrolled their first second factor, or removed their last."""
    publish_read(session, lambda: _changes(repository.edge_entries(session, user_id=user_id)))


def _changes(entries: repository.EdgeEntries) -> Iterator[Change]:
    return ((Table.MEMBERS, key, value) for key, value in entries)
