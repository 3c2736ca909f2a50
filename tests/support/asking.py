"""Many requests at once, each thread on connections of its own that stay open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Asked = TypeVar("Asked")
Found = TypeVar("Found")
_AT_ONCE = 4


def all_at_once(ask: Callable[[Asked], Found], requests: Iterable[Asked]) -> list[Found]:
    """The answers, in the order of the requests; what one raises, this raises."""
    return list(_pool().map(ask, requests))


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, "asking")
