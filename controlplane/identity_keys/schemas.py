from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema, Timestamp
from controlplane.environments.identity import KeyState


class IdentityKeyView(Schema):
    """The private half is never shown."""

    identity_key_id: str
    public_key: str = Field(examples=["publickeyv1_8SSRUSoCJLRCFnvTnEPUM8fWpLYDYDYNKKFCHqPuSPgw"])
    state: KeyState
    created_at: Timestamp
    activated_at: Timestamp | None = Field(description="when it was last made the one that signs")
    retired_at: Timestamp | None = Field(description="when it last ceased to be")
    destroyed_at: Timestamp | None


class SwitchKey(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"force": False}]}
    )

    force: bool = Field(default=False, description="also when deployments do not accept the next key, without asking")


class KeyChange(Schema):
    """Follow the operation; the engine signs with `signingPublicKey` when it has succeeded."""

    operation_id: str
    signing_public_key: str


class KeyVerdict(Schema):
    accepted: bool | None = Field(description="null when the control plane could not find out")
    message: str
    checked_at: Timestamp
    accepted_at: Timestamp | None = Field(description="when the deployment last accepted this key")


class Verdicts(Schema):
    """By the keys' states; null: there is no such key, or the deployment has not been tried with it."""

    current: KeyVerdict | None
    next: KeyVerdict | None
    previous: KeyVerdict | None


class DeploymentCheck(Schema):
    deployment_id: str
    uri: str = Field(description="or the ARN")
    accepts: Verdicts
    last_accepted_key: str | None = Field(description="the public key that was accepted last")
    last_accepted_at: Timestamp | None
    checked_at: Timestamp


class DeploymentChecks(Schema):
    items: list[DeploymentCheck]


class Deployment(Schema):
    """docs/wire.md: one of an engine's deployments; `uri` or `arn`."""

    id: str = Field(max_length=64)
    uri: str | None = Field(default=None, max_length=2000)
    arn: str | None = Field(default=None, max_length=2000)
    assume_role_arn: str | None = Field(default=None, max_length=2000)
    http_version: str | None = None
    additional_headers: dict[str, str] | None = None


class Deployments(Schema):
    """docs/wire.md: what a runner found."""

    environment_id: str
    items: list[Deployment] = Field(max_length=1000)
