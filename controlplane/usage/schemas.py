from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.core.schema import Schema, Timestamp, UtcTime

Count = Annotated[int, Field(ge=0, le=2**40)]
Milliseconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class Step(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"


class ToldMinute(Schema):
    """docs/wire.md: what is known of one minute so far. Fields that are newer than this are ignored."""

    model_config = Schema.model_config | {"extra": "ignore"}

    environment_id: Annotated[str, StringConstraints(pattern=r"^env_[0-9a-z]{27}$")]
    minute: UtcTime
    requests: Count
    errors: Count
    p50_ms: Milliseconds | None
    p99_ms: Milliseconds | None
    invocations: Count
    completed_invocations: Count
    failed_attempts: Count
    engine_seconds: Annotated[int, Field(ge=0, le=60)]
    storage_bytes: Annotated[int, Field(ge=0, le=2**60)] | None


class ToldMinutes(Schema):
    model_config = Schema.model_config | {"extra": "ignore"}

    items: list[ToldMinute] = Field(max_length=500)


class UsagePoint(Schema):
    at: Timestamp = Field(description="when the step began")
    requests: int = Field(description="calls and sends the ingress has answered")
    errors: int = Field(description="those of them that were not answered with success")
    p50_ms: float | None = Field(
        description="half of the requests were answered within so many milliseconds; estimated"
    )
    p99_ms: float | None = Field(description="and 99 % within so many; of a longer step, in its worst minute")
    invocations: int = Field(description="invocations begun, whoever caused them")
    completed_invocations: int = Field(description="ended with an output, be it a result or an error")
    failed_attempts: int = Field(description="attempts at handlers that failed and are repeated")
    engine_seconds: int = Field(description="so long its engine ran")
    storage_bytes: int | None = Field(description="on the node's disk, at most within the step")


class UsageSeries(Schema):
    since: Timestamp
    until: Timestamp
    step: Step
    items: list[UsagePoint] = Field(description="oldest first; none for a step of which nothing is known")


class EnvironmentDay(UsagePoint):
    environment_id: str
    name: str
    destroyed: bool = Field(description="it is no more; its name may be another's by now")


class AccountUsage(Schema):
    since: Timestamp
    until: Timestamp
    items: list[EnvironmentDay] = Field(description="one for each environment and day, oldest first")


class RecentUsage(Schema):
    environment_id: str
    requests: list[int] = Field(description="by the minute, oldest first; the last one is under way")
    errors: list[int]
    p50_ms: list[float | None]


class RecentUsages(Schema):
    since: Timestamp = Field(description="when the first minute began")
    step_seconds: int
    items: list[RecentUsage] = Field(description="environments whose engine ran in that time")
