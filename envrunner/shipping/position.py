"""How far a log has been sent. Losing it costs lines sent twice; an older one costs nothing (docs/wire.md)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

_log = structlog.get_logger()

# A million numbers a second: who has lost count starts above every number ever used.
_NUMBERS_PER_MILLISECOND = 1000
Count = Annotated[int, Field(ge=0)]


class Mark(BaseModel):
    """``offset`` bytes of some file, recognised by a digest of its beginning and of what precedes the offset."""

    model_config = ConfigDict(frozen=True)

    offset: Count
    digest: str


class Position(BaseModel):
    """After the line numbered ``sequence``.

    ``mark`` is where that line ends, ``before`` the end of the file rotated away before that one. ``window`` and
    ``counted`` say how many lines of the current period were sent, so that who reads again decides the same.
    """

    model_config = ConfigDict(frozen=True)

    sequence: Count
    mark: Mark | None = None
    before: Mark | None = None
    window: int = 0
    counted: Count = 0
    left_out: Count = 0
    gaps: Count = 0


def first() -> Position:
    """For a log nothing was ever sent of."""
    return Position(sequence=int(time.time() * 1000) * _NUMBERS_PER_MILLISECOND)


class Positions:
    """Files ``<label>.json`` in a directory of their own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, label: str) -> Position | None:
        """None when there is none that can be understood."""
        try:
            return Position.model_validate_json(self._path(label).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            _log.warning("position of a log unreadable, sending it anew", label=label)
            return None

    def write(self, label: str, position: Position) -> None:
        """As a whole or not at all; not forced to the disk, since an older one does as well. Raises OSError."""
        fresh = self._directory / f".{label}.part"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(position.model_dump_json())
        fresh.replace(self._path(label))

    def forget(self, label: str) -> None:
        """Its log is gone."""
        self._path(label).unlink(missing_ok=True)

    def labels(self) -> set[str]:
        """Of every position there is."""
        return {path.stem for path in self._directory.glob("*.json")}

    def _path(self, label: str) -> Path:
        return self._directory / f"{label}.json"
