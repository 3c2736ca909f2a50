from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controlplane.auth import Role
from controlplane.core.schema import Schema, Timestamp
from controlplane.users.schemas import Email

LONGEST_DAYS = 30
InvitationId = Annotated[str, Field(max_length=64, examples=["inv_01k9e3x0hq7m2c4b6d8f0g2j4k6"])]


class Status(StrEnum):
    """`void`: whoever sent it may no longer invite to this role; `replaced`: it ran out, and a new one was made."""

    PENDING = "pending"
    EXPIRED = "expired"
    VOID = "void"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    REPLACED = "replaced"


class NewInvitation(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"email": "grace@example.com", "role": "developer", "expiresInDays": 7}]},
    )

    email: Email
    role: Role
    expires_in_days: int | None = Field(
        default=None, ge=1, le=LONGEST_DAYS, description="how long it can be accepted; the plane's default when absent"
    )


class InvitationView(Schema):
    """Never holds the token: that is in the mail alone."""

    invitation_id: InvitationId
    email: str = Field(examples=["grace@example.com"])
    role: Role
    status: Status
    created_at: Timestamp
    expires_at: Timestamp
    invited_by: str = Field(description="e-mail address of whoever sent it last", examples=["ada@example.com"])


class MyInvitationView(Schema):
    invitation_id: InvitationId
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    account_name: str = Field(examples=["payments"])
    role: Role
    invited_by: str = Field(description="e-mail address of whoever sent it", examples=["ada@example.com"])
    expires_at: Timestamp


class Answer(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"invitationId": "inv_01k9e3x0hq7m2c4b6d8f0g2j4k6"}]},
    )

    token: str | None = Field(default=None, max_length=200, description="from the mail's link")
    invitation_id: str | None = Field(default=None, max_length=64, description="one of `GET /invitations`")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Answer":
        if (self.token is None) == (self.invitation_id is None):
            raise ValueError("Name the invitation by `token` or by `invitationId`, and by one of them only.")
        return self
