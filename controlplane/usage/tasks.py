from collections.abc import Callable

from controlplane.usage import service

TASKS: dict[str, Callable[[], None]] = {"controlplane.sweep_usage": service.sweep}
