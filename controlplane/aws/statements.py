"""What a statement of a trust policy says about one request, by IAM's rules of evaluation.

IAM's own document: "Policy evaluation logic" and "IAM JSON policy elements: Condition operators". A verdict is true,
false, or null where it hangs on something that cannot be known here (the caller's network, the time, …).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Verdict = bool | None


@dataclass(frozen=True)
class Ask:
    """One request to STS. `external_id` is null when none is given."""

    action: str
    principal_arn: str
    external_id: str | None = None

    @property
    def account(self) -> str:
        return self.principal_arn.split(":")[4]

    @property
    def context(self) -> dict[str, str]:
        known = {
            "aws:principalarn": self.principal_arn,
            "aws:principalaccount": self.account,
            "aws:principaltype": "AssumedRole",
            "aws:securetransport": "true",
        }
        return known | ({"sts:externalid": self.external_id} if self.external_id is not None else {})


@dataclass(frozen=True)
class Statement:
    """The `number`th of its policy, from 1."""

    number: int
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        sid = self.body.get("Sid")
        return f"Statement {self.number} ({sid!r})" if isinstance(sid, str) and sid else f"Statement {self.number}"

    @property
    def allows(self) -> bool:
        return self.body.get("Effect") == "Allow"

    def conditions(self) -> Iterator[tuple[str, str, list[str]]]:
        """Operator, key and values of each condition."""
        condition = self.body.get("Condition")
        for operator, keys in (condition if isinstance(condition, dict) else {}).items():
            for key, values in (keys if isinstance(keys, dict) else {}).items():
                yield operator, key, listed(values)

    def about(self, action: str) -> bool:
        if "NotAction" in self.body:
            return not _any_like(action.lower(), listed(self.body["NotAction"]), lower=True)
        return _any_like(action.lower(), listed(self.body.get("Action")), lower=True)

    def names(self, ask: Ask) -> bool:
        """Whether its `Principal` covers who asks."""
        if "NotPrincipal" in self.body:
            return not _covers(self.body["NotPrincipal"], ask)
        return _covers(self.body.get("Principal"), ask)

    def applies(self, ask: Ask) -> Verdict:
        if not (self.about(ask.action) and self.names(ask)):
            return False
        verdicts = [met(operator, key, values, ask.context) for operator, key, values in self.conditions()]
        return False if False in verdicts else None if None in verdicts else True


def listed(value: object) -> list[str]:
    """A policy writes one value as itself, several as a list."""
    if value is None:
        return []
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def met(operator: str, key: str, values: list[str], context: Mapping[str, str]) -> Verdict:
    """One condition. A key that the request does not have meets only negations, `…IfExists` and `ForAllValues:`."""
    test = operator.lower().rpartition(":")[2]
    optional = test.endswith("ifexists") or operator.lower().startswith("forallvalues:")
    test = test.removesuffix("ifexists")
    found = context.get(key.lower())
    if found is None and key.lower() != "sts:externalid":
        return None
    if test == "null":
        return str(found is None).lower() in [value.lower() for value in values]
    negated = "not" in test
    if found is None:
        return optional or (negated and not operator.lower().startswith("foranyvalue:"))
    match = _TESTS.get(test.replace("not", ""))
    return None if match is None else match(found, values) != negated


def matches(value: str, pattern: str) -> bool:
    """`*` stands for any characters, `?` for one. Steps: the lengths multiplied, since tenants write patterns."""
    at, star, resume = 0, -1, 0
    position = 0
    while position < len(value):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, position, at + 1
        elif at < len(pattern) and pattern[at] in ("?", value[position]):
            at, position = at + 1, position + 1
        elif star >= 0:
            at, resume = star + 1, resume + 1
            position = resume
        else:
            return False
    return not pattern[at:].strip("*")


def _any_like(value: str, patterns: list[str], *, lower: bool = False) -> bool:
    return any(matches(value, pattern.lower() if lower else pattern) for pattern in patterns)


def _any_alike(value: str, values: list[str]) -> bool:
    return value.lower() in [one.lower() for one in values]


def _covers(principal: object, ask: Ask) -> bool:
    """`root` of an account means everybody of that account whom its own policies let."""
    if principal == "*":
        return True
    names = listed(principal.get("AWS")) if isinstance(principal, dict) else []
    partition = ask.principal_arn.split(":")[1]
    return bool({"*", ask.account, f"arn:{partition}:iam::{ask.account}:root", ask.principal_arn} & set(names))


_TESTS: dict[str, Callable[[str, list[str]], bool]] = {
    "stringequals": lambda value, values: value in values,
    "stringequalsignorecase": _any_alike,
    "stringlike": _any_like,
    "arnequals": _any_like,
    "arnlike": _any_like,
    "bool": _any_alike,
}
