"""lambda …: roles in your AWS account, through which an environment invokes functions."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rcloud.cloud import Cloud
from rcloud.command import command, group
from rcloud.commands.arguments import Env
from rcloud.commands.preflight import tried
from rcloud.errors import Failure, Usage
from rcloud.output import Columns

app = group("AWS Lambda: the role through which an environment invokes your functions.")
COLUMNS: Columns = {
    "": lambda check: "✓" if check["ok"] else "✗",
    "CHECK": "name",
    "STATEMENT": "statement",
    "RESULT": lambda check: " ".join(filter(None, (check["message"], check.get("fix")))),
}
_MOST_BYTES = 20_000


class Form(StrEnum):
    JSON = "json"
    CDK = "cdk"
    TERRAFORM = "terraform"


@command(app, "trust-policy")
def trust_policy(
    cloud: Cloud,
    env: Env,
    form: Annotated[Form, typer.Option("--format", help="IAM's JSON, the AWS CDK's TypeScript, or HCL")] = Form.JSON,
) -> None:
    """The trust policy of a role that only this environment may assume; with --output json in all three forms."""
    found = cloud.api.get(_path(cloud, env))
    if cloud.out.json:
        cloud.out.document(found)
    elif form is Form.JSON:
        cloud.out.document(found["policy"])
    else:
        cloud.out.plain(found[form.value].rstrip("\n"))


@command(app, "lint")
def lint(
    cloud: Cloud,
    env: Env,
    file: Annotated[str, typer.Argument(metavar="FILE", help="the policy as JSON; - reads it from stdin")],
) -> None:
    """Check a trust policy that you have, without asking AWS. Ends with 1 when something is wrong."""
    policy = _read(file)
    found = cloud.api.change("POST", f"{_path(cloud, env)}/lint", {"policy": policy})
    if cloud.out.json:
        cloud.out.document(found)
    else:
        cloud.out.items(found["checks"], COLUMNS, "Nothing was checked.")
    if not found["ok"]:
        raise Failure(
            "The role would not do.", "Change what is marked with ✗; rcloud lambda trust-policy has it right."
        )


@command(app, "doctor")
def doctor(
    cloud: Cloud,
    env: Env,
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="its ARN, with version or alias")],
    assume_role_arn: Annotated[str, typer.Option("--assume-role-arn", metavar="ARN", help="the invoker role")],
) -> None:
    """Try role and function for real: assume the role as the engine does and as nobody should, and ask the function."""
    tried(cloud, env, function, {"arn": function, "assumeRoleArn": assume_role_arn})


def _path(cloud: Cloud, env: str) -> str:
    return f"{cloud.find.path(cloud.find.environment(env))}/aws-trust-policy"


def _read(file: str) -> str:
    try:
        text = sys.stdin.read(_MOST_BYTES + 1) if file == "-" else Path(file).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"{file} cannot be read: {error}.") from error
    if len(text) > _MOST_BYTES:
        raise Usage(f"{file} is longer than any trust policy ({_MOST_BYTES} characters).")
    return text
