from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema, Timestamp, UtcTime


class Level(StrEnum):
    """From the least serious to the most."""

    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Source(StrEnum):
    ENGINE = "engine"
    EDGE = "edge"
    NODE = "node"


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL. Refusing one line would hold up all that come after it.
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


class Delivered(Schema):
    """docs/wire.md: what may be newer than this control plane is ignored, not refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="ignore", hide_input_in_errors=True
    )


class NewLine(Delivered):
    sequence: int = Field(gt=0, lt=2**63)
    at: UtcTime
    level: Level
    source: Source
    line: Annotated[str, Field(max_length=100_000), AfterValidator(_storable)]


class NewLines(Delivered):
    """Lines of one environment in the order of their numbers."""

    environment_id: str
    lines: list[NewLine] = Field(max_length=10_000)


class Delivery(Delivered):
    items: list[NewLines] = Field(max_length=10_000)


class LineView(Schema):
    """One line of the answer. `source` is who says it: `engine`, `edge` of what it did with a request, or `node` for
    remarks such as how many lines were left out."""

    at: Timestamp
    unix_nanos: int = Field(examples=[1800000000123456000])
    level: Level
    source: Source
    line: str


class End(Schema):
    """The data of the event `end`: why nothing more comes."""

    code: str
    message: str
