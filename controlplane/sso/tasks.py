from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.sso import service


def forget_attempts() -> None:
    """Delete the sign-ins that never came back from their provider."""
    with transaction() as session:
        service.forget_expired(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_sso_attempts": forget_attempts}
