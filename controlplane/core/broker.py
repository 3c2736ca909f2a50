"""The Celery application, apart from the database: who only sends on time needs nothing else."""

from functools import lru_cache

from celery import Celery

from controlplane.settings import settings

QUEUE = "controlplane"


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
