from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.auth import Role
from controlplane.core.names import Name
from controlplane.core.schema import Schema, Timestamp


class NewAccount(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"name": "payments"}]}
    )

    name: Name


class AccountView(Schema):
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: str = Field(examples=["payments"])
    role: Role = Field(description="yours in this account")
    created_at: Timestamp
