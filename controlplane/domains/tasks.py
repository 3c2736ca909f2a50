from collections.abc import Callable
from threading import Semaphore

from controlplane.domains import sweep

# Tenants' name servers that take their time hold up this, not the other tasks of this worker.
_LOOKING = Semaphore(1)


def look_at_domains() -> None:
    """Look at the domains that are due, unless somebody does already."""
    if _LOOKING.acquire(blocking=False):
        try:
            sweep.look_again()
        finally:
            _LOOKING.release()


TASKS: dict[str, Callable[[], None]] = {"controlplane.look_at_domains": look_at_domains}
