"""JSON for the pages on which a person lets a program in."""

from typing import Literal

from pydantic import ConfigDict, Field

from controlplane.core.schema import Schema, Timestamp

Decision = Literal["approve", "deny"]


class DeviceDecision(Schema):
    decision: Decision = Field(examples=["approve"])


class DeviceRequestView(Schema):
    """`userAgent` is what the program says of itself, `address` where its request came from."""

    client_id: str = Field(examples=["restate-cli"])
    client_name: str = Field(examples=["Restate CLI"])
    user_agent: str | None
    address: str | None
    requested_at: Timestamp
    expires_at: Timestamp
    status: Literal["pending", "approved", "denied"]


class DeviceStatus(Schema):
    status: Literal["approved", "denied"]


class AuthorizationQuery(Schema):
    """The query of an authorization request as an object, names as they are there (RFC 6749 §4.1.1, RFC 7636 §4.3).

    What it has besides is ignored, as RFC 6749 §3.1 asks.
    """

    model_config = ConfigDict(
        alias_generator=None,
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "response_type": "code",
                    "client_id": "restate-cli",
                    "redirect_uri": "http://localhost:33912/callback",
                    "state": "c0ffee",
                }
            ]
        },
    )

    response_type: str | None = Field(default=None, max_length=64)
    client_id: str | None = Field(default=None, max_length=64)
    redirect_uri: str | None = Field(default=None, max_length=2048)
    scope: str | None = Field(default=None, max_length=1024)
    state: str | None = Field(default=None, max_length=2048)
    code_challenge: str | None = Field(default=None, max_length=256)
    code_challenge_method: str | None = Field(default=None, max_length=64)

    def parameters(self) -> dict[str, str]:
        return self.model_dump(exclude_none=True, by_alias=False, exclude={"decision"})


class AuthorizationDecision(AuthorizationQuery):
    decision: Decision


class AuthorizationView(Schema):
    client_id: str = Field(examples=["restate-cli"])
    client_name: str = Field(examples=["Restate CLI"])
    redirect_uri: str
    redirect_host: str = Field(description="where the answer goes", examples=["localhost:33912"])
    scope: str
    state: str | None


class Redirection(Schema):
    redirect_to: str = Field(description="send the browser there")
