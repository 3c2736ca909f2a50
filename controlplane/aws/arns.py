"""The two kinds of ARN that tenants give. Parts of them become host names and paths, so they are matched whole."""

import re

_FUNCTION = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):\d{12}:function:[A-Za-z0-9_-]{1,140}"
    r"(?::(?P<version>\$LATEST|[A-Za-z0-9_-]{1,128}))?"
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,200}", re.ASCII)

_APART = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


def function_region(arn: str) -> str | None:
    """The region of a Lambda function's ARN, which may have a version or alias; null for anything else."""
    found = _FUNCTION.fullmatch(arn)
    return found["region"] if found else None


def is_function(arn: object) -> bool:
    """Whether it is a function's ARN with a version or alias, as engines need it."""
    found = _FUNCTION.fullmatch(arn) if isinstance(arn, str) else None
    return found is not None and found["version"] is not None


def partition_of_region(region: str) -> str:
    """China's regions and the US government's are kept apart; others are taken as commercial."""
    return next((name for start, name in _APART.items() if region.startswith(start)), "aws")


def partition_of(arn: str) -> str:
    """aws, aws-cn or aws-us-gov, of a well-formed ARN."""
    return arn.split(":")[1]


def account_of(arn: str) -> str:
    """Twelve digits, of a well-formed ARN of a role or a function."""
    return arn.split(":")[4]


def is_role(arn: object) -> bool:
    return isinstance(arn, str) and _ROLE.fullmatch(arn) is not None
