from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Row,
    Select,
    case,
    cast,
    delete,
    func,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from controlplane.auth import Principal
from controlplane.core.database import Time
from controlplane.environments.models import Environment
from controlplane.usage.models import Usage, UsageDay, UsageHour, UsageMinute
from controlplane.usage.schemas import Step

AnyColumns = tuple[Any, ...]
Moments = ColumnElement[datetime] | InstrumentedAttribute[datetime]
Figures = Mapping[str, Any]
COUNTS = ("requests", "errors", "invocations", "completed_invocations", "failed_attempts")
LATENCIES = ("p50_ms", "p99_ms")
FIGURES = (*COUNTS, *LATENCIES, "engine_seconds", "storage_bytes")
_LENGTHS = {Step.HOUR: timedelta(hours=1), Step.DAY: timedelta(days=1)}


def of_runner(session: Session, runner_id: str, environment_ids: Collection[str]) -> set[str]:
    """Those that are this runner's; one that was destroyed a moment ago has numbers still to come."""
    query = select(Environment.environment_id).where(
        Environment.environment_id.in_(environment_ids), Environment.runner_id == runner_id
    )
    return set(session.scalars(query))


def put(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """What is known of minutes so far. Numbers only grow, so what is told twice, or late, changes nothing."""
    statement = insert(UsageMinute)
    told = statement.excluded
    newer = told.requests >= UsageMinute.requests
    greatest = (*COUNTS, "engine_seconds", "storage_bytes")
    values: dict[str, ColumnElement[Any]] = {
        name: func.greatest(getattr(UsageMinute, name), told[name]) for name in greatest
    }
    for name in LATENCIES:
        known = getattr(UsageMinute, name)
        values[name] = case((newer, func.coalesce(told[name], known)), else_=known)
    session.execute(statement.on_conflict_do_update(index_elements=("environment_id", "at"), set_=values), rows)


def of_environment(
    session: Session, environment_id: str, step: Step, since: datetime, until: datetime
) -> Sequence[Row[*AnyColumns]]:
    """By step, oldest first. Ask only for an environment the principal may see."""
    known = _known(step, since, until).subquery()
    at = _begin(step, known.c.at).label("at")
    query = select(at, *_summed(dict(known.c))).where(known.c.environment_id == environment_id)
    return session.execute(query.group_by(at).order_by(at)).all()


def of_account(
    session: Session, principal: Principal, account_id: str, since: datetime, until: datetime
) -> Sequence[Row[*AnyColumns]]:
    """By environment and day, oldest first; destroyed environments, too."""
    known = _known(Step.DAY, since, until).subquery()
    at = _begin(Step.DAY, known.c.at).label("at")
    own = (Environment.environment_id, Environment.name, Environment.purged_at.is_not(None).label("destroyed"))
    query = _visible_to(principal, account_id, select(*own, at, *_summed(dict(known.c))))
    query = query.join(known, known.c.environment_id == Environment.environment_id)
    grouped = query.group_by(Environment.environment_id, at)
    return session.execute(grouped.order_by(at, Environment.name, Environment.environment_id)).all()


def recent(session: Session, principal: Principal, account_id: str, since: datetime) -> Sequence[Row[*AnyColumns]]:
    """Of every environment that is not destroyed: which minutes after `since` are known, and their figures."""
    minute = cast(func.extract("epoch", UsageMinute.at - since) / 60, Integer)
    figures = (minute.label("minutes"), UsageMinute.requests, UsageMinute.errors, UsageMinute.p50_ms)
    query = select(UsageMinute.environment_id, *(func.array_agg(figure).label(figure.key) for figure in figures))
    query = query.join(Environment, Environment.environment_id == UsageMinute.environment_id)
    query = _visible_to(principal, account_id, query).where(Environment.purged_at.is_(None))
    query = query.where(UsageMinute.at >= since).group_by(UsageMinute.environment_id)
    return session.execute(query.order_by(UsageMinute.environment_id)).all()


def roll_up(session: Session, step: Step, before: datetime) -> None:
    """Make hours of minutes, or days of hours, up to `before`; all at once, so that the last tells which are made."""
    source, target = (UsageMinute, UsageHour) if step is Step.HOUR else (UsageHour, UsageDay)
    at = _begin(step, source.at)
    columns = ("environment_id", "at", *FIGURES)
    figures = _summed({name: getattr(source, name) for name in FIGURES})
    query = select(source.environment_id, at, *figures).where(source.at < before, _later(source.at, target, step))
    query = query.group_by(source.environment_id, at)
    session.execute(insert(target).from_select(columns, query).on_conflict_do_nothing())


def delete_before(session: Session, kept: Mapping[type[Usage], datetime]) -> None:
    for table, moment in kept.items():
        session.execute(delete(table).where(table.at < moment))


def _visible_to(principal: Principal, account_id: str, query: Select[*AnyColumns]) -> Select[*AnyColumns]:
    query = query.where(Environment.account_id.in_(principal.account_ids), Environment.account_id == account_id)
    if principal.environment_id is not None:
        query = query.where(Environment.environment_id == principal.environment_id)
    return query


def _known(step: Step, since: datetime, until: datetime) -> CompoundSelect[*AnyColumns]:
    """Rows of the coarsest table that has them, each moment once."""
    parts = [_between(UsageMinute, since, until)]
    if step is not Step.MINUTE:
        parts = [part.where(_later(UsageMinute.at, UsageHour, Step.HOUR)) for part in parts]
        parts.append(_between(UsageHour, since, until))
    if step is Step.DAY:
        parts[1] = parts[1].where(_later(UsageHour.at, UsageDay, Step.DAY))
        parts.append(_between(UsageDay, since, until))
    return union_all(*parts)


def _between(table: type[Usage], since: datetime, until: datetime) -> Select[*AnyColumns]:
    columns = (table.environment_id, table.at, *(getattr(table, name) for name in FIGURES))
    return select(*columns).where(table.at >= since, table.at < until)


def _later(at: Moments, made: type[Usage], step: Step) -> ColumnElement[bool]:
    """Not yet among the hours or days that are made."""
    last = select(func.max(made.at)).scalar_subquery()
    made_to = func.coalesce(last + _LENGTHS[step], func.to_timestamp(0), type_=Time)
    return cast(at, Time) >= made_to


def _begin(step: Step, at: Moments) -> ColumnElement[datetime]:
    return func.date_trunc(step.value, at, "UTC")


def _summed(columns: Figures) -> Iterable[ColumnElement[Any]]:
    """The figures of several steps as one, in the order of `FIGURES`."""
    for name in COUNTS:
        yield cast(func.sum(columns[name]), BigInteger).label(name)
    requests, p50 = columns["requests"], columns["p50_ms"]
    weight = func.nullif(func.sum(requests).filter(p50.is_not(None)), 0)
    yield (func.sum(p50 * requests) / weight).label("p50_ms")
    yield func.max(columns["p99_ms"]).label("p99_ms")
    yield cast(func.sum(columns["engine_seconds"]), Integer).label("engine_seconds")
    yield func.max(columns["storage_bytes"]).label("storage_bytes")
