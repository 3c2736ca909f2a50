from typing import Annotated

from pydantic import Field, StringConstraints

from controlplane.core.schema import Schema, Timestamp


class UiSessionView(Schema):
    """Where a browser goes once to be let in; nobody else may have the address."""

    url: str = Field(examples=["https://01k9….env.local.example.com:9070/.restate-cloud/ui-session?code=…"])
    expires_at: Timestamp = Field(description="of the address")


class Redeem(Schema):
    """docs/wire.md: what a browser brought to an edge."""

    environment_id: Annotated[str, StringConstraints(pattern=r"^env_[0-9a-z]{27}$")]
    code: str = Field(max_length=100)


class Redeemed(Schema):
    """`name` and `value` of the cookie; both null when there is none, and `message` says why."""

    name: str | None = None
    value: str | None = None
    message: str | None = None
