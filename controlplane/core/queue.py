"""A message is a hint: an id to look at, sent after the commit and free to be lost."""

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from controlplane.core.broker import QUEUE, celery_app
from controlplane.core.database import after_commit

log = structlog.get_logger()


def nudge(session: Session, task: str, *ids: str, queue: str = QUEUE) -> None:
    """Send `task(*ids)` once this transaction is durable. A broker that is away is logged: the sweep will come."""
    after_commit(session, lambda: send(task, *ids, queue=queue))


def send(task: str, *ids: str, queue: str = QUEUE) -> None:
    """Send `task(*ids)` now; a broker that is away is logged, never raised."""
    try:
        celery_app().send_task(task, args=list(ids), queue=queue, ignore_result=True)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("hint_not_sent", task=task, ids=ids, error=str(error))
