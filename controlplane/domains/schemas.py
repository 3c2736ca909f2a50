from enum import StrEnum

from pydantic import Field

from controlplane.auth import Role
from controlplane.core.schema import Schema, Timestamp
from controlplane.domains.names import Claimable


class JoinMode(StrEnum):
    NONE = "none"
    SUGGEST = "suggest"
    AUTO = "auto"


class JoinRole(StrEnum):
    """Nobody becomes an administrator by having an address."""

    DEVELOPER = "developer"
    VIEWER = "viewer"


class NewDomain(Schema):
    domain: Claimable


class DomainChange(Schema):
    join_mode: JoinMode = Field(
        default=JoinMode.NONE,
        description="whether people with a verified address there find the account closed (none), are shown it "
        "(suggest), or become members when their address is verified (auto)",
        examples=["suggest"],
    )
    join_role: JoinRole = Field(default=JoinRole.DEVELOPER, examples=["viewer"])
    sso_connection_id: str | None = Field(
        default=None, max_length=32, description="a connection of this account or of the plane", examples=[None]
    )
    sso_required: bool = Field(
        default=False, description="no password, other provider or link signs anybody of the domain in", examples=[True]
    )


class DomainView(Schema):
    domain: str = Field(examples=["corp.example"])
    verified: bool
    verified_at: Timestamp | None
    failing_since: Timestamp | None = Field(description="since when the record of a verified domain is not found")
    record_name: str = Field(description="where the TXT record belongs", examples=["_restate-cloud.corp.example"])
    record_value: str = Field(description="what it has to hold")
    join_mode: JoinMode
    join_role: JoinRole
    sso_connection_id: str | None
    sso_required: bool
    created_at: Timestamp


class JoinableAccount(Schema):
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    name: str = Field(examples=["payments"])
    domain: str = Field(examples=["corp.example"])
    role: Role


class JoinableAccounts(Schema):
    items: list[JoinableAccount]


class JoinedAccount(Schema):
    account_id: str = Field(examples=["acc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    role: Role
