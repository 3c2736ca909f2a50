"""The control plane's Celery worker, which `beat` feeds. Tasks are doors to functions that may run twice."""

from collections.abc import Callable

from celery import Celery

from controlplane.audit import tasks as audit
from controlplane.core import logs
from controlplane.core.broker import QUEUE, celery_app
from controlplane.domains import tasks as domains
from controlplane.edge_feed import tasks as edge_feed
from controlplane.invitations import tasks as invitations
from controlplane.login import tasks as login
from controlplane.logs import tasks as environment_logs
from controlplane.mail import tasks as mail
from controlplane.oauth import tasks as oauth
from controlplane.provisioning import tasks as provisioning
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
    """The application with its tasks."""
    app = celery_app()
    for name, function in TASKS.items():
        app.task(name=name)(function)
    return app


def run_worker() -> None:
    logs.configure("worker")
    arguments = ["worker", "--pool=threads", "--concurrency=4", "--without-gossip", "--without-mingle"]
    worker_app().worker_main([*arguments, f"--queues={QUEUE}", "--loglevel=WARNING", "--hostname=controlplane@local"])
