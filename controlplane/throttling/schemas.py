from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.core.schema import Schema, Timestamp, UtcTime


class Limit(StrEnum):
    REQUESTS_PER_SECOND = "requests_per_second"
    REQUESTS_IN_FLIGHT = "requests_in_flight"
    REQUEST_SIZE = "request_size"
    QUERY_SECONDS = "query_seconds"
    KEY_REQUESTS_PER_SECOND = "key_requests_per_second"


class Throttled(Schema):
    """docs/wire.md: requests refused since the edge told last."""

    hour: UtcTime
    environment_id: Annotated[str, StringConstraints(pattern=r"^env_[0-9a-z]{27}$")]
    limit: Limit
    principal: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{0,64}$")]
    count: int = Field(ge=1, le=2**40)


class ThrottledItems(Schema):
    items: list[Throttled] = Field(max_length=1000)


class ThrottlingHour(Schema):
    hour: Timestamp = Field(description="when it began")
    limit: Limit
    principal: str | None = Field(
        description="the API key, user or job's token that asked; null: those beyond the hour's first fifty"
    )
    requests: int = Field(description="so many were refused")


class ThrottlingView(Schema):
    items: list[ThrottlingHour] = Field(description="of the last 24 hours, the newest first")
