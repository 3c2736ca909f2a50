"""The trust policy of a role that an environment's engine may assume, in the three forms people keep it in.

Two statements: assuming needs our very role (`aws:PrincipalArn`) and the environment's id as `sts:ExternalId`, so that
no other environment can use the role ("confused deputy"); tagging the session needs nothing further.
"""

from typing import Any

from controlplane.aws.principal import OwnPrincipal

VERSION = "2012-10-17"


def document(principal: OwnPrincipal, environment_id: str) -> dict[str, Any]:
    """The policy as IAM takes it."""
    trusted = {"AWS": principal.root_arn}
    condition = {"aws:PrincipalArn": principal.role_arn, "sts:ExternalId": environment_id}
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": trusted,
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": condition},
            },
            {"Effect": "Allow", "Principal": trusted, "Action": "sts:TagSession"},
        ],
    }


def cdk(principal: OwnPrincipal, environment_id: str) -> str:
    """TypeScript for a stack's constructor; `iam` is `aws-cdk-lib/aws-iam`."""
    return f"""\
const environmentId = "{environment_id}";

const restateCloudRole = new iam.Role(this, "RestateCloudRole", {{
  assumedBy: new iam.AccountPrincipal("{principal.account}").withConditions({{
    "StringEquals": {{
      "sts:ExternalId": environmentId,
      "aws:PrincipalArn": "{principal.role_arn}",
    }},
  }}),
}});

restateCloudRole.assumeRolePolicy!.addStatements(
  new iam.PolicyStatement({{
    principals: [new iam.AccountPrincipal("{principal.account}")],
    actions: ["sts:TagSession"],
  }}),
);
"""


def terraform(principal: OwnPrincipal, environment_id: str) -> str:
    """HCL for the `hashicorp/aws` provider: the policy and a role that has it."""
    return f"""\
data "aws_iam_policy_document" "restate_cloud_trust" {{
  statement {{
    effect  = "Allow"
    actions = ["sts:AssumeRole"]

    principals {{
      type        = "AWS"
      identifiers = ["{principal.root_arn}"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "aws:PrincipalArn"
      values   = ["{principal.role_arn}"]
    }}

    condition {{
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["{environment_id}"]
    }}
  }}

  statement {{
    effect  = "Allow"
    actions = ["sts:TagSession"]

    principals {{
      type        = "AWS"
      identifiers = ["{principal.root_arn}"]
    }}
  }}
}}

resource "aws_iam_role" "restate_cloud" {{
  name               = "RestateCloudInvoker"
  assume_role_policy = data.aws_iam_policy_document.restate_cloud_trust.json
}}
"""
