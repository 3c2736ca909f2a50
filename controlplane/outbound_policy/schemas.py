import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.destinations import canonical
from controlplane.core.schema import Schema, Timestamp

_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
HOST_RULE = "A host is a name such as db.corp.example, or *.corp.example for every name below it."
NETWORK_RULE = (
    "A network is a CIDR such as 10.20.0.0/16, with no bit set behind its prefix; one address ends in /32 or /128."
)


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(NETWORK_RULE) from error


def _host(text: str) -> str:
    name = canonical(text)
    if len(name) > 255 or not _HOST.fullmatch(name):
        raise ValueError(HOST_RULE)
    return name


NetworkText = Annotated[str, AfterValidator(_network)]
HostText = Annotated[str, AfterValidator(_host)]


class OutboundAdditions(Schema):
    """Replaces what was there."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"networks": ["10.20.0.0/16"], "hosts": ["*.corp.example"]}]},
    )

    networks: list[NetworkText] = Field(default=[], max_length=50, description=NETWORK_RULE)
    hosts: list[HostText] = Field(
        default=[], max_length=50, description=f"{HOST_RULE} It may lead to private addresses."
    )


class OutboundDefaults(Schema):
    """The operator's rules, the same for every environment."""

    networks: list[str] = Field(description="allowed though not public")
    plain_http: bool = Field(description="whether public services may be called without TLS")
    grantable_networks: list[str] = Field(description="what administrators of an account may add by themselves")


class OutboundPolicyView(Schema):
    networks: list[str]
    hosts: list[str]
    defaults: OutboundDefaults
    updated_by: str | None
    updated_at: Timestamp | None
