"""Each row takes its place in its account's chain, whoever else writes at the same time."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from controlplane import audit, edge_log
from controlplane.audit.canonical import START, digest, document
from controlplane.audit.models import AuditEvent, AuditHead
from controlplane.core.database import transaction
from controlplane.edge_log import Table

AT_ONCE = 50


def rows(session: Session, account_id: str | None) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.account_id.is_not_distinct_from(account_id))
    return list(session.scalars(query.order_by(AuditEvent.sequence).execution_options(populate_existing=True)))


def assert_linked(session: Session, account_id: str | None, count: int) -> None:
    found = rows(session, account_id)
    assert [row.sequence for row in found] == list(range(1, count + 1))
    assert found[0].previous_hash == START
    assert all(after.previous_hash == before.hash for before, after in pairwise(found))
    assert all(row.hash == digest(document(row)) for row in found)
    head = session.get_one(AuditHead, account_id or "plane")
    assert (head.sequence, head.hash) == (count, found[-1].hash)


def note(account_id: str | None, target: str = "thing_1") -> None:
    with transaction() as session:
        audit.record(session, None, "thing.do", target, account_id, {"n": 1, "text": "ä\n\u2028"})


def test_rows_are_linked_per_account_and_the_planes_own_apart(session: Session) -> None:
    for account_id in ("acc_a", None, "acc_b", "acc_a", None):
        note(account_id)
    assert_linked(session, "acc_a", 2)
    assert_linked(session, "acc_b", 1)
    assert_linked(session, None, 2)


def test_rows_of_one_transaction_keep_their_order(session: Session) -> None:
    with transaction() as own:
        for target, account_id in (("1", "acc_b"), ("2", "acc_a"), ("3", "acc_b")):
            audit.record(own, None, "thing.do", target, account_id)
    assert [row.target for row in rows(session, "acc_b")] == ["1", "3"]
    assert_linked(session, "acc_b", 2)


def test_what_a_savepoint_gives_back_leaves_no_gap(session: Session) -> None:
    with transaction() as own:
        audit.record(own, None, "thing.do", "before", "acc_a")
        undone = own.begin_nested()
        audit.record(own, None, "thing.do", "undone", "acc_a")
        undone.rollback()
        with own.begin_nested():
            audit.record(own, None, "thing.do", "kept", "acc_a")
    assert [row.target for row in rows(session, "acc_a")] == ["before", "kept"]
    assert_linked(session, "acc_a", 2)


def test_what_is_rolled_back_leaves_no_gap(session: Session) -> None:
    note("acc_a")
    with contextlib.suppress(ZeroDivisionError), transaction() as own:
        audit.record(own, None, "thing.do", "undone", "acc_a")
        raise ZeroDivisionError
    note("acc_a")
    assert_linked(session, "acc_a", 2)


@pytest.mark.parametrize("value", [0.5, 2**53, b"x", {"ä": 1}, [{"a": 1.0}]])
def test_details_have_one_form_in_json(session: Session, value: object) -> None:
    with pytest.raises(TypeError):
        audit.record(session, None, "thing.do", "x", "acc_a", {"value": value})


def test_many_at_once_lose_nothing_and_wait_for_nobody_forever(committed: sessionmaker[Session]) -> None:
    def change(number: int) -> None:
        """Locks in every order a request may take them in: accounts crosswise, edges before and after."""
        accounts = ["acc_a", "acc_b", None]
        with transaction() as own:
            if number % 2:
                edge_log.publish(own, Table.MEMBERS, f"m{number}", None)
            for account_id in accounts if number % 3 else reversed(accounts):
                audit.record(own, None, "thing.do", f"thing_{number}", account_id)
            edge_log.publish_read(own, lambda: [(Table.MEMBERS, f"n{number}", None)])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(change, range(AT_ONCE)))
    with committed() as session:
        for account_id in ("acc_a", "acc_b", None):
            assert_linked(session, account_id, AT_ONCE)
            assert {row.target for row in rows(session, account_id)} == {f"thing_{n}" for n in range(AT_ONCE)}
