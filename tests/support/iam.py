"""IAM's evaluation of policies, as far as the stand-in for AWS needs it: refusals first, then permissions."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import Any


def trusts(policy: Mapping[str, Any], action: str, caller: str, context: Mapping[str, str | None]) -> bool:
    effects = [one["Effect"] for one in policy["Statement"] if _names(one, caller) and _applies(one, action, context)]
    return "Deny" not in effects and "Allow" in effects


def permits(policy: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str | None]) -> bool:
    """Whether a policy of whoever calls lets them."""
    effects = [one["Effect"] for one in policy["Statement"] if _about(one, resource) and _applies(one, action, context)]
    return "Deny" not in effects and "Allow" in effects


def _names(statement: Mapping[str, Any], caller: str) -> bool:
    account = caller.split(":")[4]
    principal = statement["Principal"]
    trusted = ["*"] if principal == "*" else _list(principal.get("AWS", []))
    return bool({"*", account, f"arn:aws:iam::{account}:root", caller} & set(trusted))


def _about(statement: Mapping[str, Any], resource: str) -> bool:
    if "NotResource" in statement:
        return not any(fnmatch.fnmatchcase(resource, one) for one in _list(statement["NotResource"]))
    return any(fnmatch.fnmatchcase(resource, one) for one in _list(statement["Resource"]))


def _applies(statement: Mapping[str, Any], action: str, context: Mapping[str, str | None]) -> bool:
    if not any(fnmatch.fnmatch(action, one) for one in _list(statement["Action"])):
        return False
    conditions = statement.get("Condition", {}).items()
    return all(_holds(test, context[key], _list(v)) for test, keys in conditions for key, v in keys.items())


def _holds(test: str, value: str | None, wanted: list[Any]) -> bool:
    if test == "Null":
        return (value is None) == (str(wanted[0]).lower() == "true")
    if test == "StringNotEquals":
        return value not in wanted
    if test == "StringEquals":
        return value in wanted
    if test == "StringLike":
        return value is not None and any(fnmatch.fnmatchcase(value, one) for one in wanted)
    raise AssertionError(f"the double does not know {test}")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
