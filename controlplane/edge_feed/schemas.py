from typing import Any

from pydantic import Field

from controlplane.core.schema import Schema, UtcTime


class Change(Schema):
    sequence: int
    table: str
    key: str
    value: dict[str, Any] | None


class Changes(Schema):
    """docs/wire.md: `reset` means take a snapshot."""

    sequence: int
    reset: bool
    items: list[Change]


class Snapshot(Schema):
    sequence: int
    tables: dict[str, dict[str, Any]]


class Usage(Schema):
    keys: dict[str, UtcTime] = Field(max_length=10_000)
