"""Sweeps: what makes lost hints and past due dates come right. Each may run twice and at any time."""

from collections.abc import Callable

from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.core.queue import send
from controlplane.environments import service as environments
from controlplane.provisioning import repository
from controlplane.runners import service as runners


def nudge_unsettled() -> None:
    """Remind runners of every environment whose last change they have not confirmed."""
    with transaction() as session:
        hints = [(e.environment_id, runners.queue(e.runner_id)) for e in repository.unsettled(session)]
    for environment_id, queue in hints:
        send(environments.CONVERGE, environment_id, queue=queue)


def purge_due() -> None:
    """Destroy deleted environments whose time to be restored has passed."""
    with transaction() as session:
        for environment in repository.due_for_purge(session, clock.now()):
            environments.purge_now(session, None, environment)


TASKS: dict[str, Callable[[], None]] = {
    "controlplane.nudge_unsettled": nudge_unsettled,
    "controlplane.purge_due": purge_due,
}
