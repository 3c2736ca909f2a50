"""Shapes of the RPC. Fields and role names are those of the hosted service; more fields are ours and do no harm."""

from typing import Annotated, Literal

from pydantic import Field

from controlplane.api_keys.roles import Role
from controlplane.api_keys.schemas import Description as KeyDescription
from controlplane.core.names import Name
from controlplane.core.schema import Schema

EnvironmentId = Annotated[str, Field(max_length=64, examples=["env_01k9e3x0hq7m2c4b6d8f0g2j4k6"])]
KeyId = Annotated[str, Field(max_length=64, examples=["key_01k9e3x0hq7m2c4b6d8f0g2j4k6"])]
UnixTime = Annotated[
    int | float | None,
    Field(ge=0, le=9e18, description="Unix time: seconds, milliseconds or nanoseconds, told apart by their size"),
]


class Identity(Schema):
    user_id: str
    email: str


class CliAccount(Schema):
    account_id: str
    name: str


class Accounts(Schema):
    accounts: list[CliAccount]


class CreateAccount(Schema):
    name: Name


class UpdateAccount(Schema):
    account_id: str = Field(max_length=64, examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: Name | None = Field(default=None, examples=["payments"])


class CliEnvironment(Schema):
    environment_id: str
    name: str
    region: str


class Environments(Schema):
    environments: list[CliEnvironment]


class CreateEnvironment(Schema):
    name: Name
    region: str | None = Field(default=None, max_length=39, examples=["local"])


class DescribeEnvironment(Schema):
    environment_id: EnvironmentId


class DestroyEnvironment(Schema):
    environment_id: EnvironmentId


class Done(Schema):
    ok: Literal[True] = True


class Outcome(Schema):
    result: Done = Done()


class CliApiKey(Schema):
    key_id: str
    environment_id: str


class Description(Schema):
    """The union of the fields any version requires; each ignores what it does not know."""

    environment_id: str
    name: str
    region: str
    status: str
    signing_public_key: str
    ingress_base_url: str
    admin_base_url: str
    proxy_base_url: str
    tunnel_base_url: str
    tunnel_srv: str
    api_keys: list[CliApiKey]


class CreateApiKey(Schema):
    environment_id: EnvironmentId
    role_id: Role = Field(examples=["rst:role::IngressAccess"])
    description: KeyDescription = Field(default="made by the cloud RPC", examples=["checkout backend"])


class DescribeApiKey(Schema):
    environment_id: EnvironmentId
    key_id: KeyId


class DeleteApiKey(DescribeApiKey):
    pass


class ListApiKeys(Schema):
    environment_id: EnvironmentId


class ApiKeys(Schema):
    api_keys: list[CliApiKey]


class ApiKeyDescription(CliApiKey):
    account_id: str
    role_id: str = Field(examples=["rst:role::IngressAccess"])
    state: Literal["ACTIVE"] = "ACTIVE"
    description: str


class CreatedApiKey(ApiKeyDescription):
    api_key: str = Field(description="the whole bearer token, shown in this response only")


class GetEnvironmentLogs(Schema):
    environment_id: EnvironmentId
    start: UnixTime = Field(default=None, examples=[1800000000])
    end: UnixTime = Field(default=None, examples=[1800000600])


class LogLine(Schema):
    unix_nanos: str = Field(
        description="as text: no number of JavaScript is that exact", examples=["1800000000123456000"]
    )
    line: str


class Logs(Schema):
    lines: list[LogLine]
