from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.ui_sessions import service


def forget_ui_codes() -> None:
    """Delete codes for engine UIs that nobody brought in time."""
    with transaction() as session:
        service.forget_expired(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_ui_codes": forget_ui_codes}
