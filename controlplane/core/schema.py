"""Base of every JSON shape: camelCase on the wire, snake_case inside, unknown fields refused."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


def rfc3339(value: datetime) -> str:
    """A UTC time as the wire has it, in milliseconds: `2026-01-01T00:00:00.000Z`."""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


Timestamp = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json-unless-none")]


class Schema(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        from_attributes=True,
        extra="forbid",
        serialize_by_alias=True,
    )
