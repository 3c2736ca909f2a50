import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.names import Name
from controlplane.core.schema import Schema, Timestamp, printable
from controlplane.workload_identity.conditions import Provider
from controlplane.workload_identity.issuers import RULE as ISSUER_RULE
from controlplane.workload_identity.roles import RULE as ROLE_RULE
from controlplane.workload_identity.roles import WorkloadRole

MOST_CONDITIONS = 20
CONDITIONS_RULE = (
    f"Conditions are 1 to {MOST_CONDITIONS} claims by name, each with the value it has to have; a `*` in a value "
    "stands for any text. `iss` and `aud` are the rule's issuer and audience, and times are always checked."
)
MINUTES_RULE = "An access token lives for 1 to 60 minutes."
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
_JUDGED_ANYWAY = {"iss", "aud", "exp", "nbf", "iat", "jti"}


def _line(value: str) -> str:
    if not 1 <= len(value) <= 300 or value.count("*") > 10:
        raise ValueError("A condition's value has 1 to 300 characters and at most ten `*`.")
    return printable(value)


def _claims(conditions: dict[str, str]) -> dict[str, str]:
    wrong = [name for name in conditions if not _CLAIM.fullmatch(name) or name in _JUDGED_ANYWAY]
    if wrong or not 1 <= len(conditions) <= MOST_CONDITIONS:
        raise ValueError(CONDITIONS_RULE)
    return conditions


Conditions = Annotated[
    dict[str, Annotated[str, AfterValidator(_line)]], AfterValidator(_claims), Field(description=CONDITIONS_RULE)
]
Line = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(printable)]
Issuer = Annotated[Line, Field(description=f"{ISSUER_RULE} For github and gitlab, theirs when absent")]
Audience = Annotated[Line, Field(description="the only `aud` of a token that is taken; made for you when absent")]
Minutes = Annotated[int, Field(ge=1, le=60, strict=True, description=MINUTES_RULE)]
Role = Annotated[WorkloadRole, Field(description=ROLE_RULE)]


class NewWorkloadRule(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "deploy",
                    "provider": "github",
                    "conditions": {"repository": "acme/shop", "repository_id": "123456789", "ref": "refs/heads/main"},
                    "role": "admin",
                    "minutes": 15,
                }
            ]
        },
    )

    name: Name
    provider: Provider = Field(
        default=Provider.OIDC, description="whose claims these are: decides what has to be among the conditions"
    )
    issuer: Issuer | None = None
    audience: Audience | None = None
    conditions: Conditions
    role: Role
    minutes: Minutes = 15


class WorkloadRuleView(Schema):
    """`void`: whoever vouches for it may no longer do so; somebody who may saves it again."""

    rule_id: str = Field(examples=["wir_01k9e3x0hq7m2c4b6d8f0g2j4k6"])
    environment_id: str
    name: str
    provider: Provider
    issuer: str
    audience: str
    conditions: dict[str, str]
    role: WorkloadRole
    minutes: int
    warnings: list[str] = Field(description="what to think about: who else this lets in")
    void: bool
    vouched_by: str
    created_by: str
    created_at: Timestamp
    updated_at: Timestamp
    last_exchanged_at: Timestamp | None
    last_refused_at: Timestamp | None
    last_refusal: str | None = Field(description="why the last token that its issuer had signed was not let in")
