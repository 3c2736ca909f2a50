"""The specs this node was given last, one file each: enough to bring everything back with nobody to ask."""

from __future__ import annotations

from pathlib import Path

import structlog
from pydantic import ValidationError

from envrunner import durable
from envrunner.wire import Spec

_log = structlog.get_logger()


class SpecStore:
    """Files ``<label>.json``, mode 0600: they hold signing keys. An ABSENT spec stays, as a tombstone."""

    def __init__(self, directory: Path) -> None:
        self._directory = durable.make_directory(directory)

    def load(self) -> list[Spec]:
        """All of them. A file that cannot be understood is left where it is, and logged."""
        return [spec for path in sorted(self._directory.glob("*.json")) if (spec := _read(path))]

    def write(self, spec: Spec) -> None:
        """Durable when this returns."""
        durable.write(self._directory / f"{spec.label}.json", spec.to_json())


def _read(path: Path) -> Spec | None:
    try:
        return Spec.model_validate_json(path.read_bytes())
    except ValidationError as error:
        # Only where it is wrong: the text holds a key.
        _log.error("spec unreadable", file=path.name, fields=[one["loc"] for one in error.errors()])
        return None
