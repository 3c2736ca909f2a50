"""The control plane's own secrets: files of mode 0600 with base64url text of 32 random bytes."""

import base64
import os
from pathlib import Path

from controlplane.settings import settings

NAMES = ("master.key", "digest.key", "token.key")


class SecretMissing(Exception):
    """A secret file is absent or unreadable; `controlplane init` creates those of a new installation."""


def secret(name: str) -> bytes:
    """The 32 bytes in the secret file `name`."""
    path = settings().secrets_dir / name
    try:
        return decode(path.read_text())
    except (OSError, ValueError) as error:
        raise SecretMissing(f"{path}: {error}. Run `controlplane init` once per installation.") from error


def create_missing() -> list[Path]:
    """Create every secret that does not exist yet; existing ones are never touched."""
    directory = settings().secrets_dir
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [path for path in (directory / name for name in NAMES) if create(path)]


def create(path: Path) -> bool:
    """Write 32 fresh random bytes to `path` durably unless it exists; whether it was created."""
    if path.exists():
        return False
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(encode(os.urandom(32)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return True


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    text = text.strip()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
