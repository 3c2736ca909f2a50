"""Passwords between our own processes, in files only their owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def password(path: Path) -> str:
    """The password in ``path``; made (0600, 32 random bytes, URL-safe) when there is none."""
    if not path.exists():
        part = path.with_name(f"{path.name}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    return path.read_text()
