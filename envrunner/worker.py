"""The runner-worker: Celery tasks as nudges, the sync that works without them, the sending of logs and of usage."""

from __future__ import annotations

import logging
import time

from celery import Celery

from envrunner import logs
from envrunner.agent_client import AgentClient
from envrunner.client import InternalClient
from envrunner.metering.teller import Teller
from envrunner.reporting import Reporter
from envrunner.settings import Settings, settings
from envrunner.shipping.shipper import Shipper
from envrunner.sync import Sync
from envrunner.tasks import CONVERGE, DEPLOYMENTS, SETTLE_SECONDS, Converger, DeploymentReader

# A task waits for its engine most of its time.
_THREADS = 24
_QUIET_SECONDS = 60.0
_TELL_SECONDS = 5.0
# Redelivery while a task still runs would run it twice: far above the longest task.
_VISIBILITY_SECONDS = int(SETTLE_SECONDS) + 150


def create_app(given: Settings) -> tuple[Celery, Sync]:
    """The Celery application of this runner, and its sync (not started)."""
    internal = InternalClient(given.internal_url, given.credential_file)
    agent = AgentClient(given.agent_socket)
    reporter = Reporter(internal, agent)
    sync = Sync(internal, agent, reporter, given.sync_seconds, given.engine_binaries)
    app = Celery("envrunner", broker=given.redis_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_acks_late=True,
        task_default_queue=queue_of(given),
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY_SECONDS,
            # Lost messages are looked for every 10 s times this; its default is 10.
            "unacked_restore_throttle": 1,
        },
    )
    converger = Converger(internal, agent, reporter, sync.soon)

    @app.task(name=CONVERGE)  # type: ignore[untyped-decorator]
    def converge(environment_id: str) -> None:
        converger(environment_id)

    reader = DeploymentReader(internal, given.sockets_dir)

    @app.task(name=DEPLOYMENTS)  # type: ignore[untyped-decorator]
    def deployments(environment_id: str) -> None:
        reader(environment_id)

    return app, sync


def queue_of(given: Settings) -> str:
    """The queue that is this runner's."""
    return f"runner.{given.runner_id}"


class OncePerOutage(logging.Filter):
    """Lets Celery's "Cannot connect" through once a minute: it repeats itself at each attempt."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if "Cannot connect" not in str(record.msg):
            return True
        loud = time.monotonic() >= self._quiet_until
        if loud:
            self._quiet_until = time.monotonic() + _QUIET_SECONDS
        return loud


def run_worker() -> None:
    """Serve until SIGTERM or SIGINT, which let running tasks finish; no child processes."""
    logs.configure("runner-worker")
    logging.getLogger("celery.worker.consumer.consumer").addFilter(OncePerOutage())
    given = settings()
    app, sync = create_app(given)
    shipper = Shipper(InternalClient(given.internal_url, given.credential_file), given)
    teller = Teller(
        InternalClient(given.internal_url, given.credential_file),
        AgentClient(given.agent_socket),
        min(_TELL_SECONDS, given.usage_seconds),
    )
    # First, and independent of the broker.
    sync.start()
    shipper.start()
    teller.start()
    try:
        app.worker_main(
            ["worker", "--pool=threads", f"--concurrency={_THREADS}", "--loglevel=WARNING",
             "--without-gossip", "--without-mingle", "--without-heartbeat"]
        )  # fmt: skip
    finally:
        sync.stop()
        shipper.stop()
        teller.stop()
