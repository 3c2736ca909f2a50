"""`controlplane doctor`: one line per thing this installation stands on, and what to do when it does not."""

from collections.abc import Callable
from datetime import timedelta

import redis
from alembic.migration import MigrationContext
from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from controlplane.core import clock, secret_files
from controlplane.core.database import engine, transaction
from controlplane.core.queue import celery_app
from controlplane.runners.models import Runner
from controlplane.settings import settings

Check = Callable[[], str]
_STALE = timedelta(seconds=60)


class Unwell(Exception):
    """What is wrong and what to do about it."""


def report() -> int:
    """Print every check; the exit status is 1 when any failed."""
    console = Console(highlight=False)
    results = [_run(console, name, check) for name, check in CHECKS.items()]
    return 0 if all(results) else 1


def _run(console: Console, name: str, check: Check) -> bool:
    try:
        console.print(f"[green]✓[/] {name}: {check()}")
    except Unwell as error:
        console.print(f"[red]✗[/] {name}: {error}")
        return False
    return True


def _settings() -> str:
    try:
        return f"console {settings().console_url}, region {settings().region}"
    except ValidationError as error:
        names = ", ".join("CONTROLPLANE_" + str(e["loc"][0]).upper() for e in error.errors())
        raise Unwell(f"set {names}") from error


def _secrets() -> str:
    try:
        for name in secret_files.NAMES:
            secret_files.secret(name)
    except secret_files.SecretMissing as error:
        raise Unwell(str(error)) from error
    loose = [n for n in secret_files.NAMES if (settings().secrets_dir / n).stat().st_mode & 0o077]
    if loose:
        raise Unwell(f"others can read {', '.join(loose)} in {settings().secrets_dir}; chmod 600 them")
    return f"{len(secret_files.NAMES)} files, readable by their owner only"


def _database() -> str:
    try:
        with engine().connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise Unwell(f"PostgreSQL does not answer: {error.__cause__ or error}") from error
    if revision is None:
        raise Unwell("the database is empty; run `controlplane migrate`")
    return f"PostgreSQL answers, tables at {revision}"


def _queue() -> str:
    try:
        with celery_app().connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
    except (OSError, redis.RedisError) as error:
        raise Unwell(f"Redis does not answer ({error}); changes are slower until it does, nothing is lost") from error
    return "Redis answers"


def _runners() -> str:
    try:
        with transaction() as session:
            runners = list(session.scalars(select(Runner)))
    except SQLAlchemyError as error:
        raise Unwell("cannot be read while the database is away") from error
    silent = [r.runner_id for r in runners if not r.heartbeat_at or r.heartbeat_at < clock.now() - _STALE]
    if not runners:
        raise Unwell("none is registered; run `controlplane init`")
    if silent:
        raise Unwell(f"no sign of life for a minute from {', '.join(silent)}; start `envrunner worker` there")
    return ", ".join(f"{r.runner_id} ({r.engines}/{r.capacity} engines)" for r in runners)


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "secrets": _secrets,
    "database": _database,
    "queue": _queue,
    "runners": _runners,
}
