"""The Celery application. A message is a hint: an id to look at, sent after the commit and free to be lost."""

from functools import lru_cache

import structlog
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from controlplane.core.database import after_commit
from controlplane.settings import settings

QUEUE = "controlplane"
log = structlog.get_logger()


@lru_cache
def celery_app() -> Celery:
    """Configured for hints: JSON, ids only, no results, no retry of a publish that would hold up a request."""
    app = Celery("controlplane", broker=settings().redis_url)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_default_queue=QUEUE,
        task_acks_late=True,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": 300,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 0.5,
            "socket_timeout": 5,
            # Without these four, sending one hint to a broker that is away takes six seconds of the user's request.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        },
    )
    return app


def nudge(session: Session, task: str, *ids: str, queue: str = QUEUE) -> None:
    """Send `task(*ids)` once this transaction is durable. A broker that is away is logged: the sweep will come."""
    after_commit(session, lambda: send(task, *ids, queue=queue))


def send(task: str, *ids: str, queue: str = QUEUE) -> None:
    """Send `task(*ids)` now; a broker that is away is logged, never raised."""
    try:
        celery_app().send_task(task, args=list(ids), queue=queue, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("hint_not_sent", task=task, ids=ids, error=str(error))
