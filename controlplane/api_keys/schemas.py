from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.api_keys.roles import KeyRole, Role
from controlplane.core.schema import Schema, Timestamp, UtcTime, printable

Description = Annotated[str, Field(max_length=200), AfterValidator(printable), Field(max_length=200)]


class NewApiKey(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"description": "checkout backend", "role": "ingress"}]},
    )

    description: Description
    role: Role
    expires_at: UtcTime | None = Field(default=None, description="RFC 3339 with an offset; never when absent")


class ApiKeyView(Schema):
    """Never holds the secret."""

    key_id: str = Field(examples=["key_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    environment_id: str
    description: str
    role: KeyRole
    last_four: str
    created_by: str
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None


class CreatedApiKey(ApiKeyView):
    """The one response that shows `secret`: the whole bearer token."""

    secret: str
