"""Sends the sweeps on time. It knows the names of tasks and not the tasks, with which it would be twice as large."""

from celery import Celery

from controlplane.core import logs
from controlplane.core.broker import QUEUE, celery_app
from controlplane.settings import settings

SWEEPS = (
    "controlplane.deliver_mail",
    "controlplane.look_at_domains",
    "controlplane.nudge_unsettled",
    "controlplane.purge_due",
    "controlplane.sign_audit_chains",
    "controlplane.sweep_logs",
    "controlplane.sweep_throttling",
    "controlplane.sweep_usage",
    "controlplane.trim_edge_log",
    "controlplane.verify_audit_chains",
)
TIDYING = (
    "controlplane.forget_expired",
    "controlplane.forget_mail",
    "controlplane.forget_old_invitations",
    "controlplane.forget_programs_requests",
    "controlplane.forget_sso_attempts",
    "controlplane.forget_ui_codes",
    "controlplane.forget_workload_tokens",
)
"""Nobody waits for these; each costs a worker as much as one that somebody waits for."""
_SELDOM = 6


def scheduled() -> Celery:
    """The application with its schedule."""
    app = celery_app()
    # A sweep that waits longer than its own period is stale: the next one does its work.
    often = settings().sweep_seconds
    periods = dict.fromkeys(SWEEPS, often) | dict.fromkeys(TIDYING, _SELDOM * often)
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": period, "options": {"expires": period, "queue": QUEUE}}
        for name, period in periods.items()
    }
    return app


def run_beat() -> None:
    """Its schedule file is only a memory of what ran last, so it lives with the logs and may be lost."""
    logs.configure("beat")
    schedule = settings().home / "beat-schedule"
    scheduled().start(["beat", f"--schedule={schedule}", "--loglevel=WARNING", "--pidfile="])


if __name__ == "__main__":
    run_beat()
