"""An engine's directory: mode 0700, its own account's, and never trusted, because its tenant's engine writes in it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from envrunner.engine.configuration import IDENTITY_FILE, TEMPORARY_DIRECTORY

_ATTEMPTS = 10


def prepare(directory: Path, uid: int | None, identity_pem: str, files: Mapping[str, str] | None = None) -> None:
    """Make what is missing and write the identity key and ``files``, by name (0600).

    Raises OSError when something stands in the way.
    """
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    with _opened(directory) as inside:
        os.fchmod(inside, 0o700)
        _give(inside, uid)
        # Of what a killed engine had spilled there the next one knows nothing.
        shutil.rmtree(TEMPORARY_DIRECTORY, ignore_errors=True, dir_fd=inside)
        with contextlib.suppress(FileExistsError):
            os.mkdir(TEMPORARY_DIRECTORY, 0o700, dir_fd=inside)
        # Given each time: whoever made it may have been killed before giving it. Something else of that name is the
        # tenant's own doing and stays.
        with contextlib.suppress(NotADirectoryError), _opened(TEMPORARY_DIRECTORY, inside) as temporary:
            _give(temporary, uid)
        for name, text in {IDENTITY_FILE: identity_pem, **(files or {})}.items():
            _write_private(inside, name, text, uid)


def put(directory: Path, name: str, text: str) -> None:
    """Write one more file (0600) into an engine's directory, for its owner. Raises OSError."""
    with _opened(directory) as inside:
        owner = os.fstat(inside).st_uid
        _write_private(inside, name, text, owner if os.geteuid() == 0 else None)


def take_away(directory: Path, name: str) -> None:
    """Remove a file of an engine's directory; nothing happens when it is gone. Raises OSError."""
    with contextlib.suppress(FileNotFoundError), _opened(directory) as inside:
        os.unlink(name, dir_fd=inside)


def destroy(directory: Path) -> None:
    """Remove it and all in it, following no link. Nothing happens when it is gone. Raises OSError."""
    if directory.is_symlink():
        directory.unlink()
    for left in reversed(range(_ATTEMPTS)):
        try:
            # rmtree works relative to open directories here, so a link planted in between leads nowhere.
            shutil.rmtree(directory)
        except FileNotFoundError:
            return
        except OSError as error:
            # Somebody has put a file there meanwhile, such as fresh credentials of AWS.
            if error.errno != errno.ENOTEMPTY or not left:
                raise


@contextlib.contextmanager
def _opened(directory: Path | str, inside: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(directory, flags, dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_private(inside: int, name: str, text: str, uid: int | None) -> None:
    fresh = f".{name}.part"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh, dir_fd=inside)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(fresh, flags, 0o600, dir_fd=inside)
    with os.fdopen(descriptor, "w") as file:
        _give(descriptor, uid)
        file.write(text)
    os.rename(fresh, name, src_dir_fd=inside, dst_dir_fd=inside)


def _give(descriptor: int, uid: int | None) -> None:
    if uid is not None:
        os.fchown(descriptor, uid, uid)
