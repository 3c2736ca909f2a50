"""Files of archives: whole under their name, or not there; what a killed command had begun is swept up."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO


@contextmanager
def begun(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path` that nobody else writes, gone at the end if it was not `finish`ed; mode 0600."""
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.stem}-", suffix=".part", delete=False) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def save(file: IO[bytes]) -> None:
    """What was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def finish(file: IO[bytes], path: Path) -> None:
    """Give it its name. A name is on the disk only when its directory is."""
    Path(file.name).rename(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(directory: Path, pattern: str) -> None:
    """Remove what commands that were killed had begun; one that runs holds its file."""
    for path in directory.glob(f"{pattern}.part"):
        # For writing: network file systems give no lock otherwise.
        with suppress(BlockingIOError, FileNotFoundError), path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
