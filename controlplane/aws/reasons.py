"""Why a statement does not let this plane in, in words, with what to change."""

import re
from dataclasses import dataclass

from controlplane.aws.statements import Ask, Statement, met
from controlplane.core.ids import LENGTH

_EXTERNAL_ID = "sts:externalid"
_PRINCIPAL = "aws:principalarn"


@dataclass(frozen=True)
class Finding:
    """`statement` is the number, from 1, of the statement at fault or in force; `fix` says what to change."""

    name: str
    ok: bool
    message: str
    statement: int | None = None
    fix: str | None = None


def why_not(name: str, statement: Statement, ask: Ask, *, certain: bool = True) -> Finding:
    """Of a statement that is about this action: the first thing that stands in the way."""
    message, fix = _reason(statement, ask, certain=certain)
    return Finding(name, ok=False, message=f"{statement.name} {message}", statement=statement.number, fix=fix)


def _reason(statement: Statement, ask: Ask, *, certain: bool) -> tuple[str, str]:
    if not statement.allows and certain:
        return f"refuses {ask.action} to this plane (Deny).", "Take it away, or except this plane's role from it."
    if not statement.names(ask):
        return _stranger(ask)
    for operator, key, values in statement.conditions():
        verdict = met(operator, key, values, ask.context)
        if verdict is None:
            return (
                f"hangs on {key} ({operator}), which cannot be judged from here and may refuse this plane.",
                f"Take the condition on {key} away, unless you know that this plane meets it.",
            )
        if not verdict and statement.allows:
            return _unmet(operator, key, values, ask)
    return f"may refuse {ask.action}.", "Take it away."


def _stranger(ask: Ask) -> tuple[str, str]:
    root = f"arn:{ask.principal_arn.split(':')[1]}:iam::{ask.account}:root"
    return (
        "trusts somebody else: this plane's account is not its Principal.",
        f'Write "Principal": {{"AWS": "{root}"}}.',
    )


def _unmet(operator: str, key: str, values: list[str], ask: Ask) -> tuple[str, str]:
    if key.lower() == _EXTERNAL_ID:
        return _external_id(operator, values, ask.external_id or "")
    if key.lower() == _PRINCIPAL:
        return (
            f"admits {' and '.join(values)}, not this plane's role (aws:PrincipalArn).",
            f'Write "aws:PrincipalArn": "{ask.principal_arn}" under "StringEquals".',
        )
    return (
        f"has a condition that this plane does not meet: {key} ({operator}).",
        f"Take the condition on {key} away.",
    )


def _external_id(operator: str, values: list[str], wanted: str) -> tuple[str, str]:
    fix = f'Write "sts:ExternalId": "{wanted}" under "StringEquals".'
    if operator.lower() == "null":
        return "refuses every external id (Null), and this plane always sends one.", fix
    if any("${" in value for value in values):
        return "still has a placeholder as its sts:ExternalId.", fix
    if wanted.partition("_")[2] in values:
        return "has the environment's id without its prefix env_ as sts:ExternalId.", fix
    if any(re.fullmatch(rf"env_[0-9a-z]{{{LENGTH}}}", value) for value in values):
        return "names another environment's id as sts:ExternalId.", fix
    return "asks for another sts:ExternalId than this environment's id.", fix
