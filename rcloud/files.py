"""Files that hold credentials: replaced as a whole or not at all, by one writer at a time, readable by their owner."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rcloud.errors import Failure

# File systems without locks (some NFS): the replacement is atomic there too, only the last writer wins.
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Path]:
    """The file behind `path`'s symlinks, in an existing directory, with every other rcloud kept out.

    What cannot be read or written ends as a `Failure` that names the file.
    """
    try:
        real = Path(os.path.realpath(path))
        real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory = os.open(real.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _lock(directory)
            yield real
        finally:
            os.close(directory)
    except OSError as error:
        raise _unusable(path, error) from error


def read(path: Path) -> str:
    """The text, line ends as they are; empty when there is no file. Raises `Failure`."""
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise Failure(f"{path} is not UTF-8 text.", "Repair it or move it away; nothing was changed.") from error
    except OSError as error:
        raise _unusable(path, error) from error


def replace(path: Path, text: str) -> None:
    """Put `text` there with mode 0600: readers see the old file or the new one. Raises `OSError`."""
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is write-protected", str(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _lock(directory: int) -> None:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise


def _unusable(path: Path, error: OSError) -> Failure:
    reason = error.strerror or str(error)
    return Failure(
        f"{path} cannot be used: {reason}.",
        "Check the owner and the permissions of the file and of its directory; nothing was changed.",
    )
