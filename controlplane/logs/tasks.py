from collections.abc import Callable

from controlplane.logs import service

TASKS: dict[str, Callable[[], None]] = {"controlplane.sweep_logs": service.sweep}
