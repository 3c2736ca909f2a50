from typing import Any, Literal

from pydantic import Field

from controlplane.audit.examining import Problem
from controlplane.core.schema import Schema, Timestamp


class AuditEventView(Schema):
    audit_event_id: str = Field(examples=["aud_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    at: Timestamp
    actor: str = Field(description="user id, id of an API key, or `system`")
    credential: str | None = Field(description="the session, access token or API key it was done with")
    action: str = Field(examples=["environment.create"])
    target: str = Field(description="identifier of what was changed")
    result: Literal["ok", "refused", "failed", "unknown"] = Field(
        description="unknown: it was begun, and whether it was done could not be seen"
    )
    address: str | None = Field(description="network address of the caller")
    user_agent: str | None = Field(description="what the caller's program calls itself")
    request_id: str | None
    details: dict[str, Any] = Field(description="`before` and `after` hold what a change replaced, where that is known")
    sequence: int | None = Field(description="place in the account's chain")
    hash: str | None = Field(description="SHA-256 of the row and of the hash before it, in hexadecimal digits")


class AuditFinding(Schema):
    """The first row that is not as it was sealed."""

    problem: Problem
    sequence: int
    audit_event_id: str | None
    message: str


class AuditCheckpointView(Schema):
    sequence: int = Field(description="so many rows the chain had")
    hash: str
    at: Timestamp
    key_id: str


class AuditKeyView(Schema):
    """Keep it elsewhere: what is signed with it can then be verified without trusting this plane."""

    key_id: str
    public_key: str = Field(description="Ed25519, Base64 of its DER form (RFC 8410)")
    created_at: Timestamp


class AuditVerificationView(Schema):
    """`verifiedAt` is null while nobody has looked yet."""

    verified_at: Timestamp | None
    intact: bool | None
    rows: int = Field(description="how many rows were recomputed")
    total: int = Field(description="how many rows there are now")
    finding: AuditFinding | None
    checkpoint: AuditCheckpointView | None = Field(description="the last one")
    keys: list[AuditKeyView]
