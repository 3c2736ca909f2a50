"""Unix sockets that only nginx's workers get to."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from envrunner.engine.accounts import edge_account

_BACKLOG = 4096


def listener(path: Path) -> socket.socket:
    """Bound under another name and renamed: never reachable with the wrong mode, and nobody finds it missing."""
    part = path.with_name(f"{path.name}.b")
    part.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(part))
    part.chmod(0o600)
    owner = edge_account()
    if owner is not None:
        os.chown(part, owner, -1)
    listening.listen(_BACKLOG)
    part.rename(path)
    return listening
