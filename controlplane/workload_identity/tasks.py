from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.workload_identity import service


def forget_workload_tokens() -> None:
    """Delete access tokens of workloads, and what they were exchanged for, when both have long expired."""
    with transaction() as session:
        service.forget_old(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_workload_tokens": forget_workload_tokens}
