"""Passwords that are known to guessers. Nothing leaves this machine.

Two lists: the 30 000 most common passwords that zxcvbn ships, and, where the operator has put one, a file in Have I
Been Pwned's ordered-by-hash format: lines `SHA-1:count` in upper-case hexadecimal, in order, CRLF or LF.
"""

import os
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

import structlog
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from controlplane.settings import settings

RULE = (
    "This password is on lists of leaked and common passwords, which is what guessers try first. "
    "Choose another; a few unrelated words make a good one."
)
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_HASH_LENGTH = 40
# Longer than any line: a hash, a colon, a count and a line's end.
_REACH = 128
log = structlog.get_logger()


def is_known(password: str) -> bool:
    """Whether a list has it; the common ones in any spelling of upper and lower case."""
    if password.casefold() in _COMMON:
        return True
    path = settings().breached_passwords_file
    if path is None:
        return False
    try:
        return contains(path, password)
    except OSError as error:
        # Nobody is kept from choosing a password by a file that is gone; `controlplane doctor` says that it is.
        log.warning("breached_passwords_unreadable", path=str(path), error=str(error))
        return False


def contains(path: Path, password: str) -> bool:
    """Binary search by seeking: some thirty reads in a file of 40 GB, and nothing of it in memory. Raises `OSError`."""
    # SHA-1 is the format's choice; it protects nothing here.
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with path.open("rb") as file:
        return any(line.upper() == wanted for line in _narrowing(file, wanted))


def describe(path: Path) -> str:
    """What the file is, in words. Raises `OSError`, `ValueError` when it is no such list."""
    with path.open("rb") as file:
        first = file.readline(_HASH_LENGTH + 1)
        size = file.seek(0, os.SEEK_END)
    if len(first) <= _HASH_LENGTH or first[_HASH_LENGTH:] != b":" or not _is_hash(first[:_HASH_LENGTH]):
        raise ValueError("its lines are not `SHA-1:count`")
    return f"{path}, {size / 1e6:.0f} MB"


def _narrowing(file: BinaryIO, wanted: bytes) -> Iterator[bytes]:
    """The hashes met on the way to where `wanted` would be.

    A line that begins at or after `low` and before `high` may be it. `low` is always the beginning of a line.
    """
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        start, found, end = _line_at(file, middle, low)
        yield found
        if found.upper() < wanted:
            low = end
        else:
            high = start


def _line_at(file: BinaryIO, offset: int, low: int) -> tuple[int, bytes, int]:
    """Where the line around `offset` begins, its hash, and where the next one begins."""
    begin = max(low, offset - _REACH)
    file.seek(begin)
    before = file.read(offset - begin)
    start = begin + before.rfind(b"\n") + 1 if b"\n" in before else low
    file.seek(start)
    line = file.readline()
    return start, line[:_HASH_LENGTH], start + len(line)


def _is_hash(text: bytes) -> bool:
    return all(character in b"0123456789ABCDEFabcdef" for character in text)
