from pydantic import Field

from controlplane.core.schema import Schema, Timestamp
from controlplane.sso_connections.schemas import Kind


class IdentityView(Schema):
    identity_id: str = Field(examples=["idn_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    provider: str = Field(examples=["google"])
    kind: Kind
    name: str = Field(description="of the provider", examples=["Google"])
    email: str | None = Field(description="as the provider had it when it was added", examples=["ada@example.com"])
    created_at: Timestamp
    last_used_at: Timestamp | None


class Identities(Schema):
    items: list[IdentityView]
