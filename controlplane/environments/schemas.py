from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.names import Name
from controlplane.core.schema import Schema, Timestamp
from controlplane.environments.models import Environment
from controlplane.environments.status import Status


class NewEnvironment(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"name": "my-environment"}]}
    )

    name: Name
    region: str | None = Field(default=None, max_length=39, description="the plane's own region when absent")


class EnvironmentView(Schema):
    """`status` is PENDING, ACTIVE, SUSPENDED, FAILED or DELETED; `statusReason` says why, in words to act on."""

    environment_id: str = Field(examples=["env_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    account_id: str
    name: str
    region: str
    status: Status
    status_reason: str | None
    ingress_base_url: str = Field(examples=["http://127.0.0.1:8100"])
    admin_base_url: str = Field(examples=["http://127.0.0.1:8101"])
    host: str = Field(description="send as Host on the shared ports, or resolve it")
    proxy_base_url: str
    tunnel_srv: str
    signing_public_key: str = Field(description="give it to your SDK: only this environment can then call your service")
    next_signing_public_key: str | None = Field(
        description="give it to your SDK beside the other: soon it signs (see identity-keys)"
    )
    engine_version: str
    requests_per_second: int = Field(description="the edge answers 429 above it; 0: no limit")
    requests_in_flight: int = Field(description="the edge answers 429 above it; 0: no limit")
    request_size_limit_bytes: int
    query_seconds: int = Field(description="the edge cuts a SQL query off after it; 0: only the node's own limit holds")
    read_only: bool = Field(description="nobody changes anything by the admin API; calls of services go on")
    paused_at: Timestamp | None = Field(description="since when its engine does not run, until it is woken")
    created_at: Timestamp
    deleted_at: Timestamp | None
    purge_at: Timestamp | None = Field(description="when a deleted environment is destroyed; restorable until then")


class EnvironmentChange(EnvironmentView):
    """The environment after the call, and the operation that shows its progress."""

    operation_id: str


class PlacedEnvironmentView(Schema):
    """One environment as operators see it."""

    environment_id: str
    name: str
    account_id: str
    account_name: str
    region: str
    runner_id: str
    status: Status
    status_reason: str | None
    engine_version: str
    read_only: bool
    created_at: Timestamp
    deleted_at: Timestamp | None

    @classmethod
    def of(cls, environment: Environment, account_name: str) -> "PlacedEnvironmentView":
        columns = {name: getattr(environment, name) for name in cls.model_fields if name != "account_name"}
        return cls(**columns, account_name=account_name)


class EnvironmentUpdate(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"readOnly": True}]}
    )

    read_only: bool = Field(strict=True)


class VersionsView(Schema):
    current: str = Field(examples=["1.7.12"])
    newer: list[str] = Field(description="those it may go to, the newest first")


class Upgrade(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"version": "1.7.13"}]}
    )

    version: str = Field(pattern=r"^[0-9A-Za-z.+-]{1,32}$")


class LimitsDocument(Schema):
    """0: no limit."""

    requests_per_second: int = Field(description="of all callers together; above it the edge answers 429")
    requests_in_flight: int = Field(description="each counts until its answer has ended; above it the edge answers 429")
    request_size_limit_bytes: int = Field(description="above it the edge or the engine answers 413")
    query_seconds: int = Field(description="after it the edge answers a SQL query with 504, or cuts its answer off")


class LimitsView(Schema):
    limits: LimitsDocument = Field(description="what holds")
    ceilings: LimitsDocument = Field(description="the operator's; the account may choose less")


class LimitsChange(Schema):
    """What is absent stays; null goes back to the ceiling."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"requestsPerSecond": 100}]}
    )

    requests_per_second: int | None = Field(default=None, ge=1, le=9_999_999)
    requests_in_flight: int | None = Field(default=None, ge=1, le=999_999)
    request_size_limit_bytes: int | None = Field(default=None, ge=1024, le=64 * 1024 * 1024)
    query_seconds: int | None = Field(default=None, ge=1, le=3600)
