from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema, Timestamp, UtcTime

_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Few = Annotated[int, Field(ge=0, lt=2**31)]


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:300]


class TunnelReport(Schema):
    """docs/wire.md: what may be newer than this control plane is ignored, not refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    environment_id: str
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]
    connections: _Few
    since: UtcTime
    gone_at: UtcTime | None
    open_requests: _Few
    requests: _Count
    errors: _Count
    bytes_to_service: _Count
    bytes_from_service: _Count
    last_failure: Annotated[str, AfterValidator(_storable)] | None
    last_failure_at: UtcTime | None


class TunnelReports(Schema):
    """All that one relay node knows of now; what it no longer names, it has forgotten."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    node: Annotated[str, Field(min_length=1, max_length=255)]
    items: list[TunnelReport] = Field(max_length=100_000)


class TunnelView(Schema):
    """One name, all relay nodes together. Counts go on when it comes back within the hour; without
    connections it is gone since `goneAt`."""

    name: str
    connections: int
    since: Timestamp
    gone_at: Timestamp | None
    open_requests: int
    requests: int
    errors: int
    bytes_to_service: int
    bytes_from_service: int
    last_failure: str | None
    last_failure_at: Timestamp | None


class TunnelList(Schema):
    items: list[TunnelView]


def moment(value: datetime | None) -> datetime:
    """For comparing: what never was is before everything."""
    return value or datetime.fromisoformat("0001-01-01T00:00:00+00:00")
