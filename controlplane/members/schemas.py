from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.auth import Role
from controlplane.core.schema import Schema, Timestamp
from controlplane.members.models import Joined


class MemberView(Schema):
    user_id: str = Field(examples=["usr_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    email: str = Field(examples=["ada@example.com"])
    name: str | None = Field(examples=["Ada Lovelace"])
    role: Role
    second_factor: bool = Field(description="whether they have set one up")
    joined_by: Joined = Field(description="how they became a member")
    created_at: Timestamp


class MemberChange(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"role": "developer"}]}
    )

    role: Role


class Transfer(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"userId": "usr_01k9e3x0hq7m2c4b6d8f0g2j4k6"}]},
    )

    user_id: str = Field(max_length=64, description="a member of the account")


class StandingView(Schema):
    """Your role in an account from now on."""

    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    role: Role
