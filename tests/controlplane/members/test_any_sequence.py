"""Whatever members do in whatever order: an oracle agrees, an owner is left, and the edges know the truth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as bounds
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.auth import Principal, Role
from controlplane.core import clock, database
from controlplane.core.errors import ApplicationError
from controlplane.edge_log.models import EdgeChange
from controlplane.invitations import answers, service
from controlplane.invitations.schemas import Answer
from controlplane.members import repository
from controlplane.members import service as members
from controlplane.members.models import Member
from controlplane.settings import Settings, settings
from controlplane.users.models import User
from tests.controlplane.members.oracle import ACCOUNTS, MANAGERS, Invited, Oracle
from tests.support import database as databases

PEOPLE = ("ada", "bob", "cleo", "dan")

people = st.sampled_from(PEOPLE)
# Mostly one account, so that its members get something done; the other one is there to be mistaken for it.
accounts = st.sampled_from(["red", "red", "red", "blue"])
roles = st.sampled_from([role.value for role in Role])


class Members(RuleBasedStateMachine):
    """Real services on a real database beside the oracle."""

    def __init__(self) -> None:
        super().__init__()
        self.oracle, self.stack = Oracle(), ExitStack()
        self.sessions = self.stack.enter_context(databases.isolated())
        self.applied, self.edge = 0, dict[str, object]()
        with self.sessions() as session:
            for name in PEOPLE:
                now = datetime.now(UTC)
                session.add(User(user_id=f"usr_{name}", email=f"{name}@example.com", created_at=now, verified_at=now))
            session.flush()
            self.ids = {name: self._founded(session, name, *held) for name, held in ACCOUNTS.items()}
            database.commit(session)

    def _founded(self, session: Session, name: str, founder: str, *others: str) -> str:
        account_id = members.found_account(session, self.principal(session, founder), name).account_id
        for person in others:
            members.add(session, account_id, f"usr_{person}", Role(ACCOUNTS[name][person]))
        return account_id

    def teardown(self) -> None:
        self.stack.close()

    def principal(self, session: Session, name: str) -> Principal:
        held = repository.roles_of(session, f"usr_{name}").in_effect
        known = (f"usr_{name}", f"{name}@example.com", "ses_x", held, clock.now(), "browser")
        return Principal(*known, email_verified=True)

    def actor(self, data: st.DataObject, account: str) -> str:
        """As often somebody who may as anybody."""
        managers = [name for name, role in self.oracle.roles[account].items() if role in MANAGERS]
        return data.draw(st.sampled_from(sorted(managers)) | people)

    def invitation(self, data: st.DataObject) -> tuple[str, str]:
        """Account and invited person; as often an open one as any."""
        known = sorted(self.oracle.invited)
        still = [key for key in known if self.oracle.invited[key].is_open]
        return data.draw(st.sampled_from(still or known) | st.sampled_from(known))

    def does(self, expected: str, by: str, act: Callable[[Session, Principal], object]) -> object:
        """`act` in a transaction of its own, which must answer as the oracle expects; its result."""
        with self.sessions() as session:
            if expected != "ok":
                with pytest.raises(ApplicationError) as refused:
                    act(session, self.principal(session, by))
                assert refused.value.code == expected
                return None
            result = act(session, self.principal(session, by))
            database.commit(session)
            return result

    @rule(data=st.data(), account=accounts, person=people, role=roles)
    def change(self, data: st.DataObject, account: str, person: str, role: str) -> None:
        self._changes(account, self.actor(data, account), person, role)

    def _changes(self, account: str, by: str, person: str, role: str) -> None:
        expected, path = self.oracle.change(account, by, person, role), (self.ids[account], f"usr_{person}")
        self.does(expected, by, lambda session, who: members.change_role(session, who, *path, Role(role)))
        if expected == "ok":
            self.oracle.roles[account][person] = role

    @rule(data=st.data(), account=accounts, person=people)
    def remove(self, data: st.DataObject, account: str, person: str) -> None:
        self._removes(account, self.actor(data, account), person)

    @rule(account=accounts, by=people)
    def leave(self, account: str, by: str) -> None:
        self._removes(account, by, by)

    def _removes(self, account: str, by: str, person: str) -> None:
        expected = self.oracle.remove(account, by, person)
        self.does(expected, by, lambda session, who: members.remove(session, who, self.ids[account], f"usr_{person}"))
        if expected == "ok":
            del self.oracle.roles[account][person]

    @rule(account=accounts, by=people, person=people)
    def transfer(self, account: str, by: str, person: str) -> None:
        expected = self.oracle.transfer(account, by, person)
        self.does(expected, by, lambda session, who: members.transfer(session, who, self.ids[account], f"usr_{person}"))
        if expected == "ok":
            self.oracle.roles[account] |= {person: "owner", by: "admin"}

    @rule(data=st.data(), account=accounts, person=people, role=roles)
    def invite(self, data: st.DataObject, account: str, person: str, role: str) -> None:
        by = self.actor(data, account)
        expected, to = self.oracle.invite(account, by, person, role), f"{person}@example.com"

        def act(session: Session, who: Principal) -> str:
            return service.invite(session, who, self.ids[account], to, Role(role), None).invitation_id

        made = self.does(expected, by, act)
        if expected == "ok":
            self.oracle.invited[account, person] = Invited(str(made), role, by)

    @precondition(lambda self: self.oracle.invited)
    @rule(data=st.data(), resend=st.booleans())
    def handle(self, data: st.DataObject, resend: bool) -> None:
        account, person = self.invitation(data)
        by = self.actor(data, account)
        invited, act = self.oracle.invited[account, person], service.resend if resend else service.revoke
        expected = self.oracle.handle(account, by, person, resend=resend)
        self.does(expected, by, lambda session, who: act(session, who, self.ids[account], invited.invitation_id))
        if expected == "ok":
            invited.is_open, invited.by = resend, by

    @precondition(lambda self: self.oracle.invited)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        self._accepts(*self.invitation(data))

    @precondition(lambda self: self.oracle.invited)
    @rule(data=st.data(), role=roles)
    def accept_from_whom_something_befell(self, data: st.DataObject, role: str) -> None:
        account, person = self.invitation(data)
        by, inviter = self.actor(data, account), self.oracle.invited[account, person].by
        self._changes(account, by, inviter, role)
        self._accepts(account, person)

    def _accepts(self, account: str, person: str) -> None:
        invited, expected = self.oracle.invited[account, person], self.oracle.accept(account, person)
        answer = Answer(invitation_id=invited.invitation_id)
        self.does(expected, person, lambda session, who: answers.accept(session, who, answer))
        if expected == "ok":
            invited.is_open = False
            self.oracle.roles[account][person] = invited.role

    @precondition(lambda self: self.oracle.invited)
    @rule(data=st.data(), by=people)
    def decline(self, data: st.DataObject, by: str) -> None:
        account, person = self.invitation(data)
        invited = self.oracle.invited[account, person]
        expected = "invitation_not_found" if by != person else "ok" if invited.is_open else "invitation_ended"
        answer = Answer(invitation_id=invited.invitation_id)
        self.does(expected, by, lambda session, who: answers.decline(session, who, answer))
        if expected == "ok":
            invited.is_open = False

    @invariant()
    def an_owner_is_left(self) -> None:
        assert all("owner" in held.values() for held in self.oracle.roles.values())

    @invariant()
    def rows_and_edges_say_the_same(self) -> None:
        wanted = {
            f"usr_{person}/{self.ids[account]}": role
            for account, held in self.oracle.roles.items()
            for person, role in held.items()
        }
        with self.sessions() as session:
            rows = {f"{one.user_id}/{one.account_id}": one.role for one in session.scalars(select(Member))}
            self._replay(session)
        assert rows == wanted
        assert self.edge == {key: {"role": role} for key, role in wanted.items()}

    def _replay(self, session: Session) -> None:
        """What an edge does with the log."""
        query = select(EdgeChange).where(EdgeChange.sequence > self.applied).order_by(EdgeChange.sequence)
        for change in session.scalars(query):
            self.applied = change.sequence
            if change.table_name != "members":
                continue
            if change.value is None:
                self.edge.pop(change.entry, None)
            else:
                self.edge[change.entry] = change.value


def test_any_sequence(monkeypatch: pytest.MonkeyPatch) -> None:
    unlimited = Settings(**{**settings().model_dump(), "invitation_mails_per_account_daily": 10_000})
    monkeypatch.setattr("controlplane.invitations.throttle.settings", lambda: unlimited)
    monkeypatch.setattr("controlplane.invitations.throttle.PER_RECIPIENT", 10_000)
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    chosen = bounds(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Members, settings=chosen)
