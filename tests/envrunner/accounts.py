"""Doing something as another account, to see the kernel refuse it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

_OTHER = 255


def errno_as(uid: int, action: Callable[[], object]) -> int:
    """The errno ``action`` ends with in a child process that runs as ``uid`` (root only); 0 when it succeeds."""
    child = os.fork()
    if child == 0:
        code = _OTHER
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            action()
            code = 0
        except OSError as error:
            code = error.errno or _OTHER
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


REFUSED = {errno.EACCES, errno.EPERM}
