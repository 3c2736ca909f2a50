from collections.abc import Callable
from threading import Semaphore

from controlplane.core.database import transaction
from controlplane.mail import service

# A server that hangs holds up mail, not the other tasks of this worker.
_DELIVERING = Semaphore(2)


def deliver_mail() -> None:
    """Deliver what is due."""
    if _DELIVERING.acquire(blocking=False):
        try:
            service.deliver_due()
        finally:
            _DELIVERING.release()


def forget_mail() -> None:
    """Delete what nobody may or needs to read any more."""
    with transaction() as session:
        service.forget(session)


TASKS: dict[str, Callable[[], None]] = {service.DELIVER: deliver_mail, "controlplane.forget_mail": forget_mail}
