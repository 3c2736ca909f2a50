from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.oauth import service


def forget_programs_requests() -> None:
    """Delete authorization codes and device requests that nothing can come of any more."""
    with transaction() as session:
        service.forget_expired(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_programs_requests": forget_programs_requests}
