from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controlplane.auth import Role
from controlplane.core.names import Name
from controlplane.core.schema import Schema, Timestamp


class NewAccount(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", json_schema_extra={"examples": [{"name": "payments"}]}
    )

    name: Name


class AccountChange(Schema):
    """What is absent stays as it is."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"name": "payments", "requireSecondFactor": True}]},
    )

    name: Name | None = None
    require_second_factor: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "AccountChange":
        if self.name is None and self.require_second_factor is None:
            raise ValueError("Name what to change: `name`, `requireSecondFactor`, or both.")
        return self


class AccountView(Schema):
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: str = Field(examples=["payments"])
    role: Role = Field(description="yours in this account")
    require_second_factor: bool = Field(description="whether members without one have no rights here")
    created_at: Timestamp
