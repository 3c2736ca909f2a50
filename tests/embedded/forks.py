"""Running a function as another account, in a fork: that account may not be able to execute this Python."""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

STRANGER = 54_321
"""An account that exists nowhere and owns nothing."""


def as_account(uid: int, function: Callable[[], Any]) -> Any:
    """What ``function`` returns there; AssertionError with its traceback when it raises. Needs root."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=_run, args=(uid, function, theirs))
    child.start()
    theirs.close()
    answered, value = ours.recv()
    child.join()
    assert answered, value
    return value


def _run(uid: int, function: Callable[[], Any], answer: Connection) -> None:
    try:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        answer.send((True, function()))
    except BaseException:  # noqa: BLE001 - told to the parent, which fails
        answer.send((False, traceback.format_exc()))
