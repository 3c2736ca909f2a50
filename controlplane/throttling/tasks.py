from collections.abc import Callable

from controlplane.throttling import service

TASKS: dict[str, Callable[[], None]] = {"controlplane.sweep_throttling": service.sweep}
