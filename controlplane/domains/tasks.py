from collections.abc import Callable

from controlplane.domains import sweep

TASKS: dict[str, Callable[[], None]] = {"controlplane.look_at_domains": sweep.look_again}
