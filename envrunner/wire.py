"""The messages of docs/wire.md that concern engines, as this half reads and writes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

EnvironmentId = Annotated[str, StringConstraints(pattern=r"^env_[0-9a-z]{27}$")]
_PREFIX = "env_"


def label_of(environment_id: str) -> str:
    """The 27 characters that name an environment's host, directories and sockets."""
    return environment_id.removeprefix(_PREFIX)


def environment_id_of(label: str) -> str:
    """The other way round."""
    return _PREFIX + label


class Desired(StrEnum):
    """What should be."""

    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    ABSENT = "ABSENT"


class EngineState(StrEnum):
    """What is."""

    STARTING = "STARTING"
    READY = "READY"
    FAILED = "FAILED"
    STOPPED = "STOPPED"
    ABSENT = "ABSENT"


SETTLED = frozenset(EngineState) - {EngineState.STARTING}


class Message(BaseModel):
    """camelCase on the wire, snake_case inside; unknown members are ignored so that either half may be newer."""

    # Errors end in logs, and the input of some holds a key.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    def to_json(self) -> str:
        """As it travels."""
        return self.model_dump_json(by_alias=True)


class Outbound(Message):
    """What an engine may connect to beside public addresses, and what never."""

    networks: tuple[IPv4Network | IPv6Network, ...]
    refused_networks: tuple[IPv4Network | IPv6Network, ...]
    refused_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...]
    tunnel_proxy: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+$")]
    hosts: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.-]{1,255}$")], ...] = ()


class Spec(Message):
    """One environment as it should be. ``signing_key_pem`` is never shown in a repr."""

    environment_id: EnvironmentId
    generation: Annotated[int, Field(ge=0)]
    desired: Desired
    gently: bool = False
    """STOPPED only: attempts at services that are under way may end first, within bounds."""

    engine_version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.+-]{1,40}$")]
    signing_key_pem: Annotated[str | None, Field(repr=False)] = None
    ingress_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
    admin_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
    request_size_limit_bytes: Annotated[int, Field(gt=0)]
    outbound: Outbound | None = None
    """None, from a control plane that does not say: not restricted."""

    @property
    def label(self) -> str:
        """The environment's label."""
        return label_of(self.environment_id)

    @property
    def digest(self) -> str:
        """The same for the same spec."""
        return sha256(self.to_json().encode()).hexdigest()[:32]


class Report(Message):
    """One environment as it is; ``generation`` is the one acted on."""

    environment_id: EnvironmentId
    generation: int
    state: EngineState
    reason: str | None = None
    engine_version: str


class State(Report):
    """What the node agent knows beyond a Report."""

    pid: int | None = None
    restarts: int = 0
    since: datetime
    spec_digest: str | None = None
    """Of the spec that it was given last, which may not be acted on yet."""

    def report(self) -> Report:
        """The part the control plane gets."""
        return Report.model_validate(self.model_dump(include=set(Report.model_fields)))

    @property
    def settled(self) -> bool:
        """Nothing further happens by itself soon."""
        return self.state in SETTLED


class EgressState(Message):
    """Whether the kernel holds engines to their `Outbound`, and if not, why not and what to do."""

    active: bool
    reason: str | None = None


class States(Message):
    """A list of states."""

    items: list[State]


class Usage(Message):
    """What an engine did in one minute so far. Latencies are null when there were no requests."""

    environment_id: EnvironmentId
    minute: str
    requests: int
    errors: int
    p50_ms: float | None
    p99_ms: float | None
    invocations: int
    completed_invocations: int
    failed_attempts: int
    engine_seconds: int
    storage_bytes: int | None


class UsageNews(Message):
    """Minutes that changed, up to ``revision``."""

    revision: int
    items: list[Usage]
