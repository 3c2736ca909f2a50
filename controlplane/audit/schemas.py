from typing import Any

from pydantic import Field

from controlplane.core.schema import Schema, Timestamp


class AuditEventView(Schema):
    audit_event_id: str = Field(examples=["aud_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    at: Timestamp
    actor: str = Field(description="user id, or `system`")
    credential: str | None = Field(description="the session or access token it was done with")
    action: str = Field(examples=["environment.create"])
    target: str = Field(description="identifier of what was changed")
    address: str | None = Field(description="network address of the caller")
    request_id: str | None
    details: dict[str, Any]
