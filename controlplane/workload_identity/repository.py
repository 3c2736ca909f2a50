"""Queries on rules and on what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.workload_identity.models import ExchangedAssertion, WorkloadRule, WorkloadToken

Ruled = tuple[WorkloadRule, Environment]


@dataclass(frozen=True)
class Live:
    """An access token, and what it opens."""

    token: WorkloadToken
    rule: WorkloadRule
    environment: Environment


def of_environment(environment_id: str) -> Select[WorkloadRule]:
    """Ask only for an environment the principal may see."""
    return select(WorkloadRule).where(WorkloadRule.environment_id == environment_id)


def find_locked(session: Session, environment_id: str, rule_id: str) -> WorkloadRule | None:
    query = of_environment(environment_id).where(WorkloadRule.rule_id == rule_id).with_for_update()
    return session.scalars(query).one_or_none()


def count(session: Session, environment_id: str) -> int:
    query = select(func.count()).where(WorkloadRule.environment_id == environment_id)
    return session.scalar(query) or 0


def trusting(session: Session, audience: str, issuer: str) -> Sequence[Ruled]:
    """The rules of an environment that lives, or the one rule, for tokens of this issuer; by their ids alone."""
    query = select(WorkloadRule, Environment).join(
        Environment, Environment.environment_id == WorkloadRule.environment_id
    )
    column = WorkloadRule.rule_id if audience.startswith("wir_") else WorkloadRule.environment_id
    query = query.where(column == audience, WorkloadRule.issuer == issuer, *_LIVING)
    return [(rule, environment) for rule, environment in session.execute(query.order_by(WorkloadRule.rule_id))]


def unchanged_locked(session: Session, rule: WorkloadRule) -> Ruled | None:
    """The rule as it was read before, with its environment alive; nobody changes or deletes it now."""
    query = (
        select(WorkloadRule, Environment)
        .join(Environment, Environment.environment_id == WorkloadRule.environment_id)
        .where(WorkloadRule.rule_id == rule.rule_id, WorkloadRule.revision == rule.revision, *_LIVING)
        .with_for_update(of=WorkloadRule)
        .execution_options(populate_existing=True)
    )
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else None


def take(session: Session, digest: str, expires_at: datetime) -> bool:
    """Whether nobody has taken this one before; whoever is taking it right now is waited for."""
    statement = insert(ExchangedAssertion).values(digest=digest, expires_at=expires_at)
    taken = statement.on_conflict_do_nothing().returning(ExchangedAssertion.digest)
    return session.scalar(taken) is not None


def note_refusal(session: Session, rule_id: str, at: datetime, before: datetime, reason: str) -> None:
    """Not when there was one after `before`: what strangers send is written at a bounded rate."""
    last = func.coalesce(WorkloadRule.last_refused_at, before)
    statement = update(WorkloadRule).where(WorkloadRule.rule_id == rule_id, last <= before)
    session.execute(statement.values(last_refused_at=at, last_refusal=reason))


def live(session: Session, digest: str, now: datetime) -> Live | None:
    query = _live(now).where(WorkloadToken.digest == digest)
    row = session.execute(query).one_or_none()
    return Live(row[0], row[1], row[2]) if row else None


def all_live(session: Session, now: datetime) -> Sequence[Live]:
    return [Live(token, rule, environment) for token, rule, environment in session.execute(_live(now))]


def count_since(session: Session, environment_id: str, since: datetime) -> int:
    """How many tokens its rules have given, those that are over included."""
    query = select(func.count()).select_from(WorkloadToken).join(WorkloadRule)
    query = query.where(WorkloadRule.environment_id == environment_id, WorkloadToken.created_at > since)
    # Follows from the other, and has an index.
    query = query.where(WorkloadToken.expires_at > since)
    return session.scalar(query) or 0


def any_of(session: Session, digest: str) -> Live | None:
    """Whatever became of it, with its rule locked against whoever ends all of its tokens."""
    query = select(WorkloadToken, WorkloadRule, Environment).join(
        WorkloadRule, WorkloadRule.rule_id == WorkloadToken.rule_id
    )
    query = query.join(Environment, Environment.environment_id == WorkloadRule.environment_id)
    query = query.where(WorkloadToken.digest == digest).with_for_update(of=WorkloadRule)
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    return Live(row[0], row[1], row[2]) if row else None


def revoke(session: Session, rule_id: str, now: datetime) -> Sequence[str]:
    """The digests of the rule's tokens that were still good."""
    statement = update(WorkloadToken).where(WorkloadToken.rule_id == rule_id, *_valid(now)).values(revoked_at=now)
    return session.scalars(statement.returning(WorkloadToken.digest)).all()


def forget(session: Session, before: datetime) -> None:
    session.execute(delete(WorkloadToken).where(WorkloadToken.expires_at < before))
    session.execute(delete(ExchangedAssertion).where(ExchangedAssertion.expires_at < before))


_LIVING = (Environment.purged_at.is_(None), Environment.status != Status.DELETED)


def _valid(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return WorkloadToken.revoked_at.is_(None), WorkloadToken.expires_at > now


def _live(now: datetime) -> Select[WorkloadToken, WorkloadRule, Environment]:
    query = select(WorkloadToken, WorkloadRule, Environment).join(
        WorkloadRule, WorkloadRule.rule_id == WorkloadToken.rule_id
    )
    query = query.join(Environment, Environment.environment_id == WorkloadRule.environment_id)
    return query.where(*_valid(now), *_LIVING)
