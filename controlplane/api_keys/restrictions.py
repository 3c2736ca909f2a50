"""What an API key may do less than its role: the rules of docs/api-keys.md, in words where they are broken."""

import ipaddress
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from controlplane.api_keys.roles import KeyRole
from controlplane.core.schema import Schema

MOST = 20
LONGEST = 100
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LIST_RULE = f"A restriction has 1 to {MOST} entries, each once; leave it out to restrict nothing."
METHOD_RULE = f"A method is one of {', '.join(METHODS)}."
SERVICE_RULE = (
    f"A service is its name (letters, digits, `.`, `_` and `-`, at most {LONGEST}), "
    "or how names begin and a `*` at the end."
)
HANDLER_RULE = (
    "A handler is `Service/handler`, or `Object/*/handler` where there is a key (virtual objects and workflows); "
    f"names have letters, digits, `.`, `_` and `-`, at most {LONGEST}."
)
KIND_RULE = "Either all handlers of a service have a key or none: write `{0}/*/handler` or `{0}/handler`, not both."
OBJECT_KEY_RULE = (
    "An object key is the key as your code sees it, or how keys begin and a `*` at the end: "
    f'1 to {LONGEST} printable ASCII characters without blanks, `"` and further `*`.'
)
NETWORK_RULE = "A network is an address or a CIDR block without host bits, such as 203.0.113.0/24 or 2001:db8::/32."
RATE_RULE = "requestsPerSecond is a whole number from 1 to 1000000."
READ_ONLY_RULE = "readOnly is true or left out."
KEYED_RULE = "With objectKeys only calls that name a key pass, so every handler has one: write `Object/*/handler`."
NOTHING_RULE = "Restrictions name at least one restriction; leave them out for a key that may do all that its role may."
AWAKEABLE_RULE = (
    "An awakeable does not tell of which service it is, and completing one changes something: "
    "a key of role complete_awakeable can be restricted to methods, networks and a rate only."
)
_NAME = rf"[A-Za-z0-9_.-]{{1,{LONGEST}}}"


def _like(pattern: str, rule: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def checked(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(rule)
        return value

    return AfterValidator(checked)


def _network(value: str) -> str:
    """As it is kept: IPv4 within IPv6 (RFC 4291, 2.5.5.2) is IPv4. Raises `ValueError`."""
    try:
        network = ipaddress.ip_network(value)
    except ValueError as error:
        raise ValueError(NETWORK_RULE) from error
    if "%" in value:
        raise ValueError(NETWORK_RULE)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    return f"{mapped}/{network.prefixlen - 96}" if mapped and network.prefixlen >= 96 else str(network)


def _some(values: object) -> object:
    if not isinstance(values, list) or not 1 <= len(values) <= MOST:
        raise ValueError(LIST_RULE)
    return values


def _each_once(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError(LIST_RULE)
    return values


def _whole(value: object) -> object:
    if type(value) is not int or not 1 <= value <= 1_000_000:
        raise ValueError(RATE_RULE)
    return value


def _true(value: object) -> object:
    if value is not True:
        raise ValueError(READ_ONLY_RULE)
    return value


_LIST = (BeforeValidator(_some), AfterValidator(_each_once))
_Method = Annotated[str, _like("|".join(METHODS), METHOD_RULE)]
_Service = Annotated[str, _like(rf"{_NAME}\*?", SERVICE_RULE)]
_Handler = Annotated[str, _like(rf"{_NAME}/(\*/)?{_NAME}", HANDLER_RULE)]
_ObjectKey = Annotated[str, _like(rf"[!#-)+-~]{{1,{LONGEST}}}\*?", OBJECT_KEY_RULE)]
_Network = Annotated[str, AfterValidator(_network)]
_Services = Annotated[list[_Service] | None, *_LIST, Field(description=SERVICE_RULE)]
_Handlers = Annotated[list[_Handler] | None, *_LIST, Field(description=HANDLER_RULE)]
_ObjectKeys = Annotated[list[_ObjectKey] | None, *_LIST, Field(description=OBJECT_KEY_RULE)]
_Methods = Annotated[list[_Method] | None, *_LIST, Field(description=METHOD_RULE)]
_Networks = Annotated[list[_Network] | None, *_LIST, Field(description=NETWORK_RULE)]
_Rate = Annotated[int | None, BeforeValidator(_whole), Field(description=RATE_RULE)]
_ReadOnly = Annotated[Literal[True] | None, BeforeValidator(_true), Field(description=READ_ONLY_RULE)]


class Restrictions(Schema):
    """All that is given holds at once, beside the role: a key never may more than its role."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"services": ["Greeter"], "networks": ["203.0.113.0/24"]}]},
    )

    services: _Services = None
    handlers: _Handlers = None
    object_keys: _ObjectKeys = None
    methods: _Methods = None
    networks: _Networks = None
    requests_per_second: _Rate = None
    read_only: _ReadOnly = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.stored():
            raise ValueError(NOTHING_RULE)
        keyed = {one.split("/")[0] for one in self.handlers or [] if "/*/" in one}
        keyless = {one.split("/")[0] for one in self.handlers or [] if "/*/" not in one}
        if both := keyed & keyless:
            raise ValueError(KIND_RULE.format(min(both)))
        if self.object_keys and keyless:
            raise ValueError(KEYED_RULE)
        return self

    def stored(self) -> dict[str, Any]:
        """As the row and the wire have it: what is given only."""
        return self.model_dump(by_alias=True, exclude_none=True)


def checked(restrictions: Restrictions | None, role: KeyRole) -> None:
    """Raises `ValueError` for what would leave nothing of the role."""
    if restrictions is None or role is not KeyRole.COMPLETE_AWAKEABLE:
        return
    if restrictions.services or restrictions.handlers or restrictions.object_keys or restrictions.read_only:
        raise ValueError(AWAKEABLE_RULE)
