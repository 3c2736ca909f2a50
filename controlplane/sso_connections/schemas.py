from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from controlplane.core.names import Name
from controlplane.core.schema import Schema, Timestamp, printable


class Kind(StrEnum):
    GOOGLE = "google"
    GITHUB = "github"
    OIDC = "oidc"
    WORKOS = "workos"


Title = Annotated[str, Field(max_length=100, examples=["Corp Login"]), AfterValidator(printable)]
Text = Annotated[str, Field(max_length=255), AfterValidator(printable)]
Domain = Annotated[str, Field(max_length=253), AfterValidator(printable), AfterValidator(str.lower)]
Secret = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"format": "password"})]
Url = Annotated[str, Field(max_length=500), AfterValidator(printable)]


class NewConnection(Schema):
    """`issuer` may be left out for google, github and workos."""

    kind: Kind = Field(examples=["oidc"])
    name: Title = Field(examples=["Corp Login"])
    issuer: Url | None = Field(
        default=None, description="as the provider writes it; of GitHub Enterprise its address",
        examples=["https://login.corp.example"],
    )  # fmt: skip
    client_id: Text = Field(examples=["restate-cloud"])
    client_secret: Secret | None = Field(
        default=None, description="never shown again; of WorkOS the API key", examples=["6f1c2b9e"]
    )
    hosted_domain: Domain | None = Field(
        default=None, description="of Google: only people of this Workspace domain", examples=["corp.example"]
    )
    assume_email_verified: bool = Field(
        default=False,
        description="take addresses as verified where the provider says nothing of it (Microsoft Entra ID); "
        "where it says they are not, they are not",
        examples=[False],
    )
    api_base_url: Url | None = Field(
        default=None,
        description="of GitHub Enterprise and WorkOS, where it is not the usual one",
        examples=["https://github.corp.example/api/v3"],
    )


class NewProvider(NewConnection):
    provider: Name | None = Field(
        default=None, description="its name in addresses; the kind when left out", examples=["corp"]
    )


class ConnectionChange(Schema):
    """What is left out stays. The issuer stays in any case: another provider is another connection."""

    name: Title | None = Field(default=None, examples=["Corp Login"])
    client_id: Text | None = Field(default=None, examples=["restate-cloud"])
    client_secret: Secret | None = Field(default=None, examples=["6f1c2b9e"])
    hosted_domain: Domain | None = Field(
        default=None, description="null takes it back: people of any domain", examples=["corp.example"]
    )
    assume_email_verified: bool | None = Field(default=None, examples=[False])
    enabled: bool | None = Field(default=None, examples=[True])


class ConnectionView(Schema):
    """Never holds the client secret."""

    connection_id: str = Field(examples=["ssc_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    provider: str = Field(description="its name in addresses", examples=["corp"])
    kind: Kind
    name: str
    issuer: str
    client_id: str
    has_client_secret: bool
    hosted_domain: str | None
    assume_email_verified: bool
    enabled: bool
    start_url: str = Field(description="where signing in begins")
    redirect_uri: str = Field(description="to register at the provider")
    created_at: Timestamp


class ProviderView(Schema):
    """What everybody may know of a provider."""

    provider: str = Field(examples=["google"])
    kind: Kind
    name: str = Field(examples=["Google"])
    start_url: str


class Providers(Schema):
    items: list[ProviderView]
