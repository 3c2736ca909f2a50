from typing import Literal

from controlplane.core.schema import Schema


class Spec(Schema):
    """docs/wire.md: what should be."""

    environment_id: str
    generation: int
    desired: str
    engine_version: str
    signing_key_pem: str | None
    ingress_url: str
    admin_url: str
    request_size_limit_bytes: int


class Specs(Schema):
    items: list[Spec]


class Report(Schema):
    """docs/wire.md: what is."""

    environment_id: str
    generation: int
    state: Literal["STARTING", "READY", "FAILED", "STOPPED", "ABSENT"]
    reason: str | None = None
    engine_version: str | None = None


class Reports(Schema):
    items: list[Report]


class Heartbeat(Schema):
    engines: int
    version: str
