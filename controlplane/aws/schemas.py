from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from controlplane.core.schema import Schema


class TrustPolicy(Schema):
    """One and the same trust policy three times."""

    policy: dict[str, Any] = Field(description="the IAM policy document")
    cdk: str = Field(description="TypeScript for the AWS CDK")
    terraform: str = Field(description="HCL for Terraform or OpenTofu")


class PastedPolicy(Schema):
    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        json_schema_extra={"examples": [{"policy": {"Version": "2012-10-17", "Statement": []}}]},
    )

    policy: dict[str, Any] | Annotated[str, StringConstraints(max_length=20_000)] = Field(
        description="the document, or its text"
    )


class LintFinding(Schema):
    """`name` is document, assume_role, tag_session, external_id_required, other_environments_refused or
    other_principals_refused."""

    name: str
    ok: bool
    message: str
    statement: int | None = Field(description="from 1; the statement at fault or in force")
    fix: str | None = Field(description="what to change")


class LintResult(Schema):
    ok: bool
    checks: list[LintFinding]
