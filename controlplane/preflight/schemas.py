from typing import Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema

_Arn = Annotated[str, StringConstraints(max_length=400)]


class Preflight(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"uri": "https://service.example.com"}]},
    )

    uri: Annotated[str, StringConstraints(max_length=2_000)] | None = Field(default=None, description="a service's URL")
    arn: _Arn | None = Field(default=None, description="or a Lambda function's ARN with its version or alias")
    assume_role_arn: _Arn | None = Field(default=None, description="with an ARN: the invoker role")
    tunnel_name: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="with a URL: call it through this tunnel"
    )
    use_http11: bool = Field(
        default=False, alias="useHttp11", description="with a URL: as `register --use-http1.1` would call it"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.uri is None) == (self.arn is None):
            raise ValueError("Give a uri or an arn, one of them.")
        if self.arn is not None and (self.tunnel_name is not None or self.use_http11):
            raise ValueError("tunnelName and useHttp11 belong to a uri.")
        if self.uri is not None and self.assume_role_arn is not None:
            raise ValueError("assumeRoleArn belongs to an arn.")
        return self


class PreflightCheck(Schema):
    name: str = Field(description="such as uri, dns, policy, tcp, tls, http_version, identity, discovery, streaming")
    ok: bool
    message: str


class PreflightResult(Schema):
    """The checks end at the first that failed."""

    ok: bool
    checks: list[PreflightCheck]
