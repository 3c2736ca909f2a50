from typing import Annotated, Any, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controlplane.api_keys.restrictions import Restrictions, checked
from controlplane.api_keys.roles import KeyRole, Role
from controlplane.core.schema import Schema, Timestamp, UtcTime, printable

Description = Annotated[str, Field(max_length=200), AfterValidator(printable), Field(max_length=200)]


class NewApiKey(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"description": "checkout backend", "role": "ingress", "restrictions": {"services": ["Checkout"]}}
            ]
        },
    )

    description: Description
    role: Role
    expires_at: UtcTime | None = Field(default=None, description="RFC 3339 with an offset; never when absent")
    restrictions: Restrictions | None = Field(
        default=None, description="What of the role the key may not use. Like the role they stay as they are"
    )

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        checked(self.restrictions, self.role)
        return self


class ApiKeyView(Schema):
    """Never holds the secret."""

    key_id: str = Field(examples=["key_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    environment_id: str
    description: str
    role: KeyRole
    restrictions: dict[str, Any] | None = Field(description="As given when it was created; null without any")
    last_four: str
    created_by: str
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None


class CreatedApiKey(ApiKeyView):
    """The one response that shows `secret`: the whole bearer token."""

    secret: str
