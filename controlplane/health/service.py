"""The checks behind `/readyz`."""

from functools import lru_cache
from pathlib import Path

import structlog
from alembic.config import Config
from alembic.script import ScriptDirectory
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from controlplane.core.broker import celery_app
from controlplane.core.metrics import ENVIRONMENTS
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.health.schemas import Check

MIGRATIONS = Path(__file__).parents[2] / "migrations"
log = structlog.get_logger()


def database(session: Session) -> Check:
    """Answers, and has the tables this version was written for."""
    try:
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        log.warning("database_not_ready", error=str(error.__cause__ or error))
        return Check(name="database", ok=False, message="does not answer, or has no tables yet")
    if revision != head():
        message = f"is at migration {revision}, this version needs {head()}: run `controlplane migrate`"
        return Check(name="database", ok=False, message=message)
    return Check(name="database", ok=True, message=f"answers, at migration {revision}")


def broker() -> Check:
    """Only hints travel through it: without it everything still happens, at the next sweep."""
    try:
        with celery_app().connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
    except (BrokerUnavailable, RedisError, OSError) as error:
        log.warning("broker_not_ready", error=str(error))
        return Check(name="redis", ok=False, message="does not answer: changes still happen, seconds later")
    return Check(name="redis", ok=True, message="answers")


def count_environments(session: Session) -> None:
    """Bring the gauge up to date. While the database is away it has no value rather than an old one."""
    ENVIRONMENTS.clear()
    query = select(Environment.status, func.count()).where(Environment.purged_at.is_(None)).group_by(Environment.status)
    try:
        counts = dict.fromkeys(Status, 0) | {Status(status): count for status, count in session.execute(query)}
    except SQLAlchemyError as error:
        log.warning("environments_not_counted", error=str(error.__cause__ or error))
        return
    for status, count in counts.items():
        ENVIRONMENTS.labels(status.value).set(count)


@lru_cache
def head() -> str | None:
    """The newest migration this version ships."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()
