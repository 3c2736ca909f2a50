from typing import Literal

from pydantic import Field

from controlplane.core.schema import Schema


class Outbound(Schema):
    """docs/wire.md: what an engine may connect to."""

    networks: list[str]
    refused_networks: list[str]
    refused_ports: list[int]
    tunnel_proxy: str
    hosts: list[str]


class Spec(Schema):
    """docs/wire.md: what should be."""

    environment_id: str
    generation: int
    desired: str
    gently: bool
    engine_version: str
    signing_key_pem: str | None
    ingress_url: str
    admin_url: str
    request_size_limit_bytes: int
    outbound: Outbound


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


class Egress(Schema):
    """Whether the kernel holds engines to what they may connect to; else why not, and what to do."""

    active: bool
    reason: str | None = None


class Heartbeat(Schema):
    engines: int
    version: str
    engine_versions: list[str] = Field(default=[])
    egress: Egress | None = None
    """None: an older runner."""
