"""An engine's two listening sockets. The agent owns them: a request that comes early waits in the kernel's backlog."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

INGRESS, ADMIN, OLD_ADMIN = "i.sock", "a.sock", "a.sock.old"
# All that the kernel allows by default (net.core.somaxconn): during a restart everything waits here.
_BACKLOG = 4096
_LONGEST_PATH = 107


@dataclass
class Entrance:
    """The two sockets, listening. Whoever closes the last descriptor (the engine has its own) refuses connections."""

    ingress: socket.socket
    admin: socket.socket

    def close(self) -> None:
        """Give up this process's descriptors."""
        self.ingress.close()
        self.admin.close()


def make(directory: Path, owner: int | None) -> Entrance:
    """Listen at ``directory/{i,a}.sock``, taking the place of what was there. Raises OSError.

    Only ``owner`` (the edge's account) and root can connect; without owner only this process's own account.
    """
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    directory.chmod(0o700 if owner is None else 0o711)
    return Entrance(_listen(directory / INGRESS, owner), _listen(directory / ADMIN, owner))


def keep_way(directory: Path) -> Path:
    """Another name for the admin socket of now, which outlasts the next `make`. Raises OSError."""
    old = directory / OLD_ADMIN
    old.unlink(missing_ok=True)
    old.hardlink_to(directory / ADMIN)
    return old


def remove(directory: Path) -> None:
    """Take the sockets' names away. Nothing happens when they are gone."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(directory)


def _listen(path: Path, owner: int | None) -> socket.socket:
    # An engine unlinks, when it stops, the name its socket was bound to: that must not be the name others use.
    bound = path.with_name(f"{path.name}.b")
    if len(os.fsencode(bound)) > _LONGEST_PATH:
        raise OSError(f"socket path too long (more than {_LONGEST_PATH} bytes): {bound}")
    bound.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(bound))
    bound.chmod(0o600)
    if owner is not None:
        os.chown(bound, owner, -1)
    listener.listen(_BACKLOG)
    bound.rename(path)
    return listener
