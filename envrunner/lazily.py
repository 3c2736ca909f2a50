"""Loading what one command needs and no other: most of a start is imports, and a node starts seven processes."""

from __future__ import annotations

import contextlib
import gc
import importlib
from collections.abc import Callable, Iterator
from typing import Any


def function(name: str) -> Callable[[], Any]:
    """``module:function`` below this package."""
    module, _, attribute = name.partition(":")
    with uncollected():
        found: Callable[[], Any] = getattr(importlib.import_module(f"envrunner.{module}"), attribute)
    return found


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """What is made inside stays: no garbage is looked for meanwhile, nor among it ever after, not even at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
