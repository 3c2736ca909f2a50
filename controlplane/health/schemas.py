from pydantic import Field

from controlplane.core.schema import Schema


class Check(Schema):
    name: str
    ok: bool
    message: str


class Readiness(Schema):
    """`status` is `ready`, `degraded` (works, slower) or `unavailable`."""

    status: str = Field(examples=["ready"])
    checks: list[Check]


class Liveness(Schema):
    status: str = "up"
