"""The control plane's Celery worker and the beat that feeds it. Tasks are doors to functions that may run twice."""

from collections.abc import Callable

from celery import Celery

from controlplane.audit import tasks as audit
from controlplane.core import logs
from controlplane.core.queue import QUEUE, celery_app
from controlplane.domains import tasks as domains
from controlplane.edge_feed import tasks as edge_feed
from controlplane.invitations import tasks as invitations
from controlplane.login import tasks as login
from controlplane.logs import tasks as environment_logs
from controlplane.mail import tasks as mail
from controlplane.oauth import tasks as oauth
from controlplane.provisioning import tasks as provisioning
from controlplane.settings import settings
from controlplane.sso import tasks as sso
from controlplane.throttling import tasks as throttling
from controlplane.ui_sessions import tasks as ui_sessions
from controlplane.usage import tasks as usage
from controlplane.workload_identity import tasks as workload_identity

TASKS: dict[str, Callable[[], None]] = {
    **provisioning.TASKS,
    **edge_feed.TASKS,
    **login.TASKS,
    **environment_logs.TASKS,
    **invitations.TASKS,
    **mail.TASKS,
    **oauth.TASKS,
    **domains.TASKS,
    **sso.TASKS,
    **audit.TASKS,
    **throttling.TASKS,
    **usage.TASKS,
    **workload_identity.TASKS,
    **ui_sessions.TASKS,
}


def worker_app() -> Celery:
    """The application with its tasks and their schedule."""
    app = celery_app()
    for name, function in TASKS.items():
        app.task(name=name)(function)
    # A sweep that waits longer than its own period is stale: the next one does its work.
    period = settings().sweep_seconds
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": period, "options": {"expires": period, "queue": QUEUE}} for name in TASKS
    }
    return app


def run_worker() -> None:
    logs.configure("worker")
    arguments = ["worker", "--pool=threads", "--concurrency=4", "--without-gossip", "--without-mingle"]
    worker_app().worker_main([*arguments, f"--queues={QUEUE}", "--loglevel=WARNING", "--hostname=controlplane@local"])


def run_beat() -> None:
    """Its schedule file is only a memory of what ran last, so it lives with the logs and may be lost."""
    logs.configure("beat")
    schedule = settings().home / "beat-schedule"
    worker_app().start(["beat", f"--schedule={schedule}", "--loglevel=WARNING", "--pidfile="])
