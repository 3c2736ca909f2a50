from collections.abc import Callable

from controlplane.core.database import transaction
from controlplane.edge_feed import repository
from controlplane.settings import settings


def trim_log() -> None:
    """Keep the change log short."""
    with transaction() as session:
        repository.trim(session, settings().edge_log_keep_rows)


TASKS: dict[str, Callable[[], None]] = {"controlplane.trim_edge_log": trim_log}
