from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.invitations import service


def forget_old() -> None:
    """Delete invitations that ended long ago."""
    with transaction() as session:
        service.forget_old(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_old_invitations": forget_old}
