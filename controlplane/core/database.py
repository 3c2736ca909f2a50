"""The database and the only place that commits.

One request, one transaction: the commit happens before the response leaves, so a 2xx is never a lie.
`before_commit` callbacks run last in the transaction (for rows behind a hot lock), each in its turn, `after_commit`
ones only once it is durable.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import lru_cache
from operator import itemgetter
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import DateTime, Engine, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from controlplane.core.rooms import room
from controlplane.settings import settings

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
Time = DateTime(timezone=True)
Callback = Callable[[], None]
POOL = 40
# A request keeps its connection from thread to thread. Without a limit, those that wait for a connection could hold
# all threads (40, anyio's default) while those that have one wait for a thread, and nothing would move. The limit is
# one application's, and two share the pool: a crowd of tenants' requests holds up neither runners nor edges.
REQUESTS = 16


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


@lru_cache
def engine() -> Engine:
    """The process's connection pool; statements end after 15 s, waits for a lock after 5 s."""
    options = "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
    return create_engine(
        settings().database_url,
        pool_size=POOL // 2,
        max_overflow=POOL // 2,
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5},
    )


@lru_cache
def _sessions() -> sessionmaker[Session]:
    return sessionmaker(engine(), expire_on_commit=False)


class Turn(IntEnum):
    """Hot locks are taken in this order by everybody, so that no two transactions wait for each other.

    An account's lock comes before the one lock of the whole plane, which is so held for the shortest time.
    """

    AUDIT = 1
    EDGES = 2


def before_commit(session: Session, callback: Callback, turn: Turn) -> None:
    """Run `callback` at the end of this session's transaction, inside it, after those of an earlier turn."""
    session.info.setdefault("before_commit", []).append((turn, callback))


def after_commit(session: Session, callback: Callback) -> None:
    """Run `callback` once this session's transaction is durable; never after a rollback."""
    session.info.setdefault("after_commit", []).append(callback)


def commit(session: Session) -> None:
    """Commit with the callbacks around it."""
    last: list[tuple[Turn, Callback]] = session.info.pop("before_commit", [])
    for _, callback in sorted(last, key=itemgetter(0)):
        callback()
    if session.info.get("before_commit"):
        raise RuntimeError("A callback before the commit has asked for another one, whose turn is over.")
    session.commit()
    _run(session, "after_commit")


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction for tasks and commands: commits on success, rolls back on any exception."""
    with _sessions()() as session:
        yield session
        commit(session)


def get_session(_room: Annotated[None, Depends(room("database", REQUESTS), scope="function")]) -> Iterator[Session]:
    """One transaction for one request."""
    with transaction() as session:
        yield session


# scope="function": the commit happens before the response is sent, not after it.
DbSession = Annotated[Session, Depends(get_session, scope="function")]


def _run(session: Session, name: str) -> None:
    callbacks: list[Any] = session.info.pop(name, [])
    for callback in callbacks:
        callback()
