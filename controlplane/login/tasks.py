from collections.abc import Callable

from controlplane.core import idempotency_service
from controlplane.core.database import transaction
from controlplane.login import service


def forget_expired() -> None:
    """Delete what nobody can use any more: sessions, access tokens, counts of failures, stored answers."""
    with transaction() as session:
        service.forget_expired(session)
        idempotency_service.forget_expired(session)


TASKS: dict[str, Callable[[], None]] = {"controlplane.forget_expired": forget_expired}
