"""What is wrong with a trust policy that somebody has written, found without asking AWS.

The policy is put the questions that STS would put to it: may this plane assume the role for this environment, and may
anybody else, or this plane for anybody else? Each answer is traced to the statement that gives it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.reasons import Finding, why_not
from controlplane.aws.statements import Ask, Statement, Verdict
from controlplane.aws.trust_policy import VERSION
from controlplane.core.ids import ALPHABET, LENGTH

ASSUME, TAG = "sts:AssumeRole", "sts:TagSession"
MOST_STATEMENTS = 100
# More than twice of what IAM takes; the work grows with its square.
MOST_CHARACTERS = 10_000
STRANGER = "arn:aws:iam::000000000000:role/Stranger"
_ADD_FIRST = "Add the first statement of this environment's policy."
_ADD_SECOND = "Add the second statement of this environment's policy: it allows sts:TagSession."
_EQUALS = 'Put the environment\'s id under "StringEquals": {"sts:ExternalId": "…"}, and no other value beside it.'


@dataclass(frozen=True)
class Answer:
    """Whether a request is allowed, and by which statement: the one that decided."""

    verdict: Verdict
    statement: Statement | None


def lint(policy: object, principal: OwnPrincipal, environment_id: str) -> list[Finding]:
    """`policy` is the document or its text. All findings; the policy will do when every one is ok."""
    try:
        statements = _parsed(policy)
    except ValueError as error:
        return [Finding("document", ok=False, message=str(error), fix="Paste the whole policy, a JSON object.")]
    return list(_findings(statements, Ask(ASSUME, principal.role_arn, environment_id)))


def _parsed(policy: object) -> list[Statement]:
    """Raises `ValueError` with a sentence."""
    try:
        policy = json.loads(policy) if isinstance(policy, str) else policy
        length = len(json.dumps(policy, separators=(",", ":")))
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg} in line {error.lineno}.") from error
    except RecursionError as error:
        raise ValueError("This is not a policy: it is nested too deeply.") from error
    found: Any = policy.get("Statement") if isinstance(policy, dict) else None
    bodies = found if isinstance(found, list) else [found]
    if not isinstance(policy, dict) or not bodies or not all(isinstance(body, dict) for body in bodies):
        raise ValueError('A policy is an object with "Version" and a list "Statement" of objects.')
    if length > MOST_CHARACTERS:
        raise ValueError(
            f"This policy is longer than a role's can be: {MOST_CHARACTERS} characters are judged, IAM takes 4,096."
        )
    if policy.get("Version") != VERSION:
        raise ValueError(f'The policy\'s "Version" is to be "{VERSION}".')
    if len(bodies) > MOST_STATEMENTS:
        raise ValueError(f"A trust policy with more than {MOST_STATEMENTS} statements fits no role.")
    return [Statement(number, body) for number, body in enumerate(bodies, 1)]


def _findings(statements: list[Statement], own: Ask) -> Iterator[Finding]:
    yield Finding("document", ok=True, message="The policy can be read.")
    yield _may(statements, own, "assume_role", "This plane may assume the role for this environment.", _ADD_FIRST)
    yield _may(statements, replace(own, action=TAG), "tag_session", "This plane may tag the session.", _ADD_SECOND)
    yield _may_not(
        statements, [replace(own, external_id=None)], "external_id_required",
        "Without an external id nobody can assume the role.",
        "lets this plane in without any external id, and thus for every environment", _EQUALS,
    )  # fmt: skip
    yield _may_not(
        statements, [replace(own, external_id=id_) for id_ in _others(statements, own)], "other_environments_refused",
        "No other environment can use the role.",
        "lets this plane in for other environments, too", _EQUALS,
    )  # fmt: skip
    yield _may_not(
        statements, [replace(own, principal_arn=arn) for arn in _strangers(own)], "other_principals_refused",
        "Nobody but this plane's role is let in by its account or by everybody's.",
        "lets in more than this plane's own role",
        f'Require "aws:PrincipalArn": "{own.principal_arn}" under "StringEquals".',
    )  # fmt: skip


def _may(statements: list[Statement], ask: Ask, name: str, good: str, add: str) -> Finding:
    answer = _decided(statements, ask)
    if answer.verdict:
        return Finding(name, ok=True, message=good, statement=_number(answer))
    if answer.statement is not None:
        return why_not(name, answer.statement, ask, certain=answer.verdict is False)
    near = [one for one in statements if one.allows and one.about(ask.action)]
    if not near:
        return Finding(name, ok=False, message=f"No statement allows {ask.action}.", fix=add)
    # The one that would let this plane in but for the least is the one that was meant.
    return why_not(name, max(near, key=lambda one: (one.names(ask), -one.number)), ask)


def _may_not(statements: list[Statement], asks: list[Ask], name: str, good: str, bad: str, fix: str) -> Finding:
    for ask in asks:
        at_fault = _admitting(statements, ask)
        if at_fault is not None:
            message = f"{at_fault.name} {bad}."
            return Finding(name, ok=False, message=message, statement=at_fault.number, fix=fix)
    return Finding(name, ok=True, message=good)


def _decided(statements: list[Statement], ask: Ask) -> Answer:
    """A refusal counts for more than any permission (IAM's order)."""
    unsure: Answer | None = None
    for one in [*(s for s in statements if not s.allows), *(s for s in statements if s.allows)]:
        verdict = one.applies(ask)
        if verdict:
            return unsure or Answer(one.allows, one)
        if verdict is None and unsure is None:
            unsure = Answer(None, one)
    return unsure or Answer(False, None)


def _admitting(statements: list[Statement], ask: Ask) -> Statement | None:
    """The statement that lets this request in; one that may counts, and a refusal that only may does not."""
    if any(one.applies(ask) for one in statements if not one.allows):
        return None
    return next((one for one in statements if one.allows and one.applies(ask) is not False), None)


def _others(statements: list[Statement], own: Ask) -> list[str]:
    """Ids of other environments: an invented one, and whatever the policy lists beside ours."""
    written = {
        value.replace("*", "x").replace("?", "x")
        for one in statements
        for _, key, values in one.conditions()
        if key.lower() == "sts:externalid"
        for value in values
    }
    return ["env_" + ALPHABET[-1] * LENGTH, *sorted(written - {own.external_id})]


def _strangers(own: Ask) -> list[str]:
    return [f"{own.principal_arn.rpartition('/')[0]}/SomebodyElse", STRANGER]


def _number(answer: Answer) -> int | None:
    return answer.statement.number if answer.statement else None
