"""Judging a pasted trust policy: each fault is found, and found at its statement."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.aws.linting import lint
from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.reasons import Finding
from controlplane.aws.statements import matches
from controlplane.aws.trust_policy import document

US = OwnPrincipal("654654156625", "arn:aws:iam::654654156625:role/RestateCloud")
ENVIRONMENT, OTHER = "env_01k9e3x0hq7m2c4b6d8f0g2j4k6", "env_01k9e3x0hq7m2c4b6d8f0g2j4k7"
Change = dict[str, Any]
WITHOUT = object()


def changed(number: int, **elements: Any) -> dict[str, Any]:
    """Our own policy, with these elements of the statement otherwise or gone."""
    policy = copy.deepcopy(document(US, ENVIRONMENT))
    statement = policy["Statement"][number - 1]
    for name, value in elements.items():
        statement[name] = value
        if value is WITHOUT:
            del statement[name]
    return policy


def conditions(**operators: Any) -> dict[str, Any]:
    return changed(1, Condition=operators)


def policy_of(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def external_id(value: str) -> dict[str, Any]:
    return conditions(StringEquals={"aws:PrincipalArn": US.role_arn, "sts:ExternalId": value})


def faults(policy: object) -> dict[str, Finding]:
    return {one.name: one for one in lint(policy, US, ENVIRONMENT) if not one.ok}


ROLE_ONLY = {"aws:PrincipalArn": US.role_arn}
ID_ONLY = {"sts:ExternalId": ENVIRONMENT}
ANY_ROLE = "arn:aws:iam::654654156625:role/*"
BOTH = ROLE_ONLY | ID_ONLY
ANY_CASE = {"stringequals": {"STS:ExternalID": ENVIRONMENT, "AWS:principalarn": US.role_arn}}
REST = [document(US, ENVIRONMENT)["Statement"][1]]
GOOD = {
    "as generated": document(US, ENVIRONMENT),
    "as text": json.dumps(document(US, ENVIRONMENT)),
    "the role is the principal": changed(1, Principal={"AWS": [US.role_arn]}, Condition={"StringEquals": ID_ONLY}),
    "one statement for both": policy_of(changed(1, Action=["sts:AssumeRole", "sts:TagSession"])["Statement"][0]),
    "spelt otherwise": changed(1, Action="STS:assumerole", Condition=ANY_CASE),
    "as a pattern without wildcards": conditions(StringEquals=ID_ONLY, ArnLike=ROLE_ONLY),
    "an account number": changed(2, Principal={"AWS": US.account}),
    "refusing others once more": policy_of(
        *document(US, ENVIRONMENT)["Statement"],
        {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringNotEquals": ID_ONLY}},
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_ones_pass(name: str) -> None:
    assert faults(GOOD[name]) == {}


# Check, number of the statement at fault, words of the message: the policies that have this fault.
BAD: dict[tuple[str, int | None, str], dict[str, Any]] = {
    ("external_id_required", 1, "without any external id"): {
        "none": conditions(StringEquals=ROLE_ONLY),
        "no condition": changed(1, Condition=WITHOUT),
        "only if there is one": conditions(StringEqualsIfExists=ID_ONLY, StringEquals=ROLE_ONLY),
        "of all there are": conditions(**{"ForAllValues:StringEquals": ID_ONLY, "StringEquals": ROLE_ONLY}),
        "not that one": conditions(StringNotEquals={"sts:ExternalId": OTHER}, StringEquals=ROLE_ONLY),
    },
    ("other_environments_refused", 1, "for other environments"): {
        "no condition": changed(1, Condition=WITHOUT),
        "another, too": conditions(StringEquals=ROLE_ONLY | {"sts:ExternalId": [ENVIRONMENT, OTHER]}),
        "any": conditions(StringLike={"sts:ExternalId": "*"}, StringEquals=ROLE_ONLY),
        "alike": conditions(StringLike={"sts:ExternalId": ENVIRONMENT[:-1] + "*"}, StringEquals=ROLE_ONLY),
        "but for a letter": conditions(StringLike={"sts:ExternalId": ENVIRONMENT[:-1] + "?"}, StringEquals=ROLE_ONLY),
        "must be some": conditions(Null={"sts:ExternalId": False}, StringEquals=ROLE_ONLY),
    },
    ("other_principals_refused", 1, "more than this plane's own role"): {
        "no condition": changed(1, Condition=WITHOUT),
        "any role": conditions(StringEquals=ID_ONLY),
        "by pattern": conditions(StringEquals=ID_ONLY, ArnLike={"aws:PrincipalArn": ANY_ROLE}),
        "anybody": changed(1, Principal="*", Condition={"StringEquals": ID_ONLY}),
        "not one": changed(1, Principal=WITHOUT, NotPrincipal={"AWS": "1"}, Condition={"StringEquals": ID_ONLY}),
    },
    ("assume_role", 1, "another environment's id"): {"its id": external_id(OTHER)},
    ("assume_role", 1, "placeholder"): {"as documented": external_id("${ENVIRONMENT_ID}")},
    ("assume_role", 1, "without its prefix"): {"the label": external_id(ENVIRONMENT[4:])},
    ("assume_role", 1, "another sts:ExternalId than"): {"a word": external_id("my-environment")},
    ("assume_role", 1, "refuses every external id"): {
        "Null": conditions(Null={"sts:ExternalId": "true"}, StringEquals=ROLE_ONLY),
    },
    ("assume_role", 1, "trusts somebody else"): {
        "an account": changed(1, Principal={"AWS": "arn:aws:iam::111122223333:root"}),
        "a service": changed(1, Principal={"Service": "lambda.amazonaws.com"}),
    },
    ("assume_role", 1, "not this plane's role"): {
        "another": conditions(StringEquals=BOTH | {"aws:PrincipalArn": f"{US.role_arn}Else"}),
    },
    ("assume_role", 1, "hangs on aws:SourceIp"): {
        "a network": conditions(StringEquals=BOTH, IpAddress={"aws:SourceIp": "10.0.0.0/8"}),
    },
    ("assume_role", 1, "a condition that this plane does not meet"): {
        "no TLS": conditions(StringEquals=BOTH, Bool={"aws:SecureTransport": "false"}),
    },
    ("assume_role", None, "No statement allows sts:AssumeRole"): {
        "none": policy_of(*REST),
        "another action": changed(1, Action="sts:AssumeRoleWithWebIdentity"),
        "every other action": changed(1, Action=WITHOUT, NotAction="sts:AssumeRole"),
    },
    ("tag_session", None, "No statement allows sts:TagSession"): {"none": policy_of(conditions()["Statement"][0])},
    ("tag_session", 2, "trusts somebody else"): {"an account": changed(2, Principal={"AWS": "111122223333"})},
    ("tag_session", 2, "hangs on aws:RequestTag/team"): {
        "a tag": changed(2, Condition={"StringEquals": {"aws:RequestTag/team": "a"}}),
    },
    ("document", None, '"Version" is to be'): {"none": {"Statement": REST}},
    ("document", None, "in line 2"): {"no JSON": '{"Version": "2012-10-17",\n Statement: []}'},
    ("document", None, "nested too deeply"): {"brackets": "[" * 19_000},
    ("document", None, 'a list "Statement"'): {
        "none": {"Version": "2012-10-17"},
        "of texts": {"Version": "2012-10-17", "Statement": ["x"]},
        "empty": policy_of(),
        "a list": "[]",
    },
}
CASES = [(*fault, policies[name]) for fault, policies in BAD.items() for name in policies]
NAMES = [f"{fault[0]}: {fault[2]}: {name}" for fault, policies in BAD.items() for name in policies]


@pytest.mark.parametrize(("name", "statement", "words", "policy"), CASES, ids=NAMES)
def test_each_fault_is_found_at_its_statement(name: str, statement: int | None, words: str, policy: object) -> None:
    found = faults(policy)[name]
    assert (found.statement, words in found.message) == (statement, True), found
    assert found.fix


DENY: Change = {"Effect": "Deny", "Principal": "*", "Sid": "NoCloud"}


@pytest.mark.parametrize(
    ("deny", "name", "words"),
    [
        ({"Action": "sts:*"}, "assume_role", "Statement 3 ('NoCloud') refuses sts:AssumeRole"),
        ({"Action": "*"}, "tag_session", "Statement 3 ('NoCloud') refuses sts:TagSession"),
        ({"Action": "*", "Condition": {"StringNotEquals": {"sts:ExternalId": OTHER}}}, "assume_role", "refuses"),
        ({"Action": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2026"}}}, "assume_role", "hangs on"),
    ],
)
def test_a_refusal_counts_for_more_than_any_permission(deny: Change, name: str, words: str) -> None:
    policy = document(US, ENVIRONMENT)
    policy["Statement"].append(DENY | deny)
    found = faults(policy)[name]
    assert (found.statement, words in found.message) == (3, True), found


def test_a_refusal_that_only_may_come_excuses_nothing() -> None:
    policy = changed(1, Condition=WITHOUT)
    policy["Statement"].append(DENY | {"Action": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})
    assert faults(policy)["external_id_required"].statement == 1


@pytest.mark.parametrize(
    ("value", "pattern", "verdict"),
    [
        ("", "", True),
        ("", "*", True),
        ("a", "", False),
        ("abc", "a*c", True),
        ("abc", "a?c", True),
        ("abc", "a?", False),
        ("abcabc", "*bc", True),
        ("abcabd", "*bc", False),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
    ],
)
def test_wildcards(value: str, pattern: str, verdict: bool) -> None:
    assert matches(value, pattern) is verdict


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    assert not matches("a" * 2_000, "*a" * 500 + "b")


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["Allow", "Deny", "sts:*", "*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Effect", "Action", "Principal", "AWS", "Condition", "StringLike", "Null", "sts:ExternalId"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.lists(st.dictionaries(st.sampled_from(["Effect", "Action", "Principal", "Condition"]), Json), max_size=3))
def test_any_document_is_judged_without_an_accident(statements: list[Any]) -> None:
    assert lint({"Version": "2012-10-17", "Statement": statements}, US, ENVIRONMENT)


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(
    "values",
    [["?" * 20 + str(number) for number in range(500)], ["*a" * 5000 + "b"], ["x" * 10_000]],
    ids=["values", "stars", "one"],
)
def test_what_no_role_can_hold_is_not_judged(values: list[str], text: bool) -> None:
    """Each value is tried against each: 1 MB of them kept a process busy for twenty minutes."""
    policy = conditions(StringLike={"aws:PrincipalArn": "nobody", "sts:ExternalId": values})
    found = faults(json.dumps(policy, indent=2) if text else policy)
    assert "longer than a role's can be" in found["document"].message


def test_blanks_are_not_counted() -> None:
    assert faults(json.dumps(document(US, ENVIRONMENT), indent=300)) == {}
