"""Reading on in a log that is rotated by copying and truncating (`envrunner.keep.rotate`), from a remembered place.

While it is read the log is locked, shared: a rotation waits for its next turn. A reader that comes while one is under
way is told so, and comes again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from envrunner.shipping.position import Mark

ROTATED = 3
"""How many older files `envrunner.keep.rotate` keeps."""
_SAMPLE = 512


class Busy(Exception):
    """The log is being rotated at this moment."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[list[BinaryIO]]:
    """All files of a log, oldest first, the live one last. Raises `Busy`, and OSError when the live one is missing."""
    with contextlib.ExitStack() as stack:
        live = stack.enter_context(_open(path))
        try:
            fcntl.flock(live, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        older = []
        for number in range(ROTATED, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                older.append(stack.enter_context(_open(path.with_name(f"{path.name}.{number}"))))
        yield [*older, live]


def place(files: list[BinaryIO], mark: Mark | None, before: Mark | None) -> tuple[int, int, bool]:
    """Where to read on: index of the file, offset, and whether something may be missing before it."""
    if mark is None:
        return 0, 0, False
    if (found := _find(files, mark)) is not None:
        return found, mark.offset, False
    # The file it points into was rotated out of reach, or truncated by hand.
    if before is not None and (found := _find(files, before)) is not None:
        return min(found + 1, len(files) - 1), 0, True
    return 0, 0, True


def after(files: list[BinaryIO], index: int, end: Mark | None) -> tuple[int, int]:
    """Where to read on behind the ``end`` of one file: in the next, or in the newest that holds the same and more.

    A rotation that was killed leaves such: its copy was made, and the log not emptied.
    """
    found = _find(files, end) if end else None
    return (found, end.offset) if end and found is not None and found > index else (index + 1, 0)


def mark_of(file: BinaryIO, offset: int) -> Mark:
    """Of the first ``offset`` bytes of the file."""
    return Mark(offset=offset, digest=_digest(file, offset))


def complete_lines(file: BinaryIO, offset: int, keep: int, *, ended: bool) -> Iterator[tuple[bytes, int]]:
    """The first ``keep`` bytes of each line without its end, and its whole length, from an offset on.

    What has no end of line yet is left for later, unless the file has ``ended``. A line of any length takes little
    memory.
    """
    file.seek(offset)
    while part := file.readline(keep):
        text, length = part, len(part)
        while not part.endswith(b"\n") and (part := file.readline(keep)):
            length += len(part)
        if part or ended:
            yield text.rstrip(b"\n"), length
        if not part:
            return


def _open(path: Path) -> BinaryIO:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    return os.fdopen(descriptor, "rb", buffering=64 * 1024)


def _find(files: list[BinaryIO], mark: Mark) -> int | None:
    """The newest of them."""
    for index in range(len(files) - 1, -1, -1):
        if os.fstat(files[index].fileno()).st_size >= mark.offset and mark.digest == _digest(files[index], mark.offset):
            return index
    return None


def _digest(file: BinaryIO, offset: int) -> str:
    head = os.pread(file.fileno(), min(_SAMPLE, offset), 0)
    tail = os.pread(file.fileno(), min(_SAMPLE, offset), max(0, offset - _SAMPLE))
    return hashlib.sha256(head + b"\0" + tail).hexdigest()[:32]
