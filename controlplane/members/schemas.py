from pydantic import Field

from controlplane.auth import Role
from controlplane.core.schema import Schema, Timestamp


class MemberView(Schema):
    user_id: str = Field(examples=["usr_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    email: str = Field(examples=["ada@example.com"])
    name: str | None = Field(examples=["Ada Lovelace"])
    role: Role
    created_at: Timestamp
