"""Rules through the API: who may make them, which are too wide to be made, and what the team is warned of."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from controlplane.auth import Role
from controlplane.workload_identity import conditions
from controlplane.workload_identity.conditions import Provider
from controlplane.workload_identity.errors import RuleTooWide
from tests.controlplane.people import SignedUp
from tests.controlplane.workload_identity.conftest import PINNED, Team

GITHUB_HOST = "https://token.actions.githubusercontent.com"


def test_a_rule_is_shown_as_it_was_made(team: Team) -> None:
    rule = team.listed()
    assert rule == team.rule
    assert rule["conditions"] == PINNED
    assert rule["audience"] == f"http://127.0.0.1:8000/environments/{team.environment_id}"
    assert (rule["void"], rule["warnings"], rule["lastRefusal"]) == (False, [], None)


@pytest.mark.parametrize("role", Role)
def test_administrators_make_rules_and_developers_see_them(team: Team, signed_up: SignedUp, role: Role) -> None:
    bob = signed_up("bob").joins(team.account_id, role)
    path = f"{team.rules}/{team.rule['ruleId']}"
    may = role in (Role.OWNER, Role.ADMIN)
    assert bob.post(team.rules, team.body(name="second")).status_code == (201 if may else 403)
    assert bob.call("PUT", path, json=team.body(name="third")).status_code == (200 if may else 403)
    assert bob.delete(path).status_code == (204 if may else 403)
    assert bob.get(team.rules).status_code == (403 if role is Role.VIEWER else 200)


def test_others_find_nothing(team: Team, founded: Callable[[str], Team]) -> None:
    eve = founded("eve")
    eve.trusts()
    assert eve.owner.get(team.rules).status_code == 404
    assert eve.owner.post(team.rules, eve.body()).status_code == 404
    for rule_id in (team.rule["ruleId"], "wir_nothing"):
        for method, path in (("PUT", f"{eve.rules}/{rule_id}"), ("DELETE", f"{eve.rules}/{rule_id}")):
            body = {"json": eve.body()} if method == "PUT" else {}
            assert eve.owner.call(method, path, **body).status_code == 404
    assert team.listed() == team.rule


def test_a_name_is_taken_once(team: Team) -> None:
    again = team.owner.post(team.rules, team.body())
    assert (again.status_code, again.json()["code"]) == (409, "workload_rule_name_taken")
    other = team.owner.post(team.rules, team.body(name="other")).json()
    renamed = team.owner.call("PUT", f"{team.rules}/{other['ruleId']}", json=team.body())
    assert (renamed.status_code, renamed.json()["code"]) == (409, "workload_rule_name_taken")


def test_there_is_a_limit(team: Team, configured: Callable[..., None]) -> None:
    configured(workload_rules_per_environment=1, outbound_allowed_networks="127.0.0.0/8")
    refused = team.owner.post(team.rules, team.body(name="second"))
    assert (refused.status_code, refused.json()["code"]) == (409, "workload_rule_limit_reached")


@pytest.mark.parametrize(
    "change",
    [
        {"minutes": 0}, {"minutes": 61}, {"minutes": "15"}, {"minutes": 1.5}, {"role": "owner"}, {"role": None},
        {"conditions": {}}, {"conditions": {"aud": "x"}}, {"conditions": {"sub": ""}}, {"conditions": {"sub": 1}},
        {"conditions": {"sub": "a\nb"}}, {"conditions": {"a b": "c"}}, {"conditions": {"sub": "x" * 301}},
        {"conditions": {"sub": "a" + "*b" * 11}}, {"conditions": {f"c{n}": "x" for n in range(21)}}, {"name": "A b"},
        {"provider": "jenkins"}, {"issuer": ""}, {"issuer": "x" * 501}, {"audience": "a\0b"}, {"more": 1},
    ],
)  # fmt: skip
def test_what_is_no_rule(team: Team, change: dict[str, Any]) -> None:
    refused = team.owner.post(team.rules, team.body(name="other") | change)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("provider", "given"),
    [
        ("github", {"ref": "refs/heads/main"}),
        ("github", {"repository": "*"}),
        ("github", {"repository": "*/shop"}),
        ("github", {"repository": "acme*"}),
        ("github", {"repository": "acme*/shop"}),
        ("github", {"repository_id": "12*"}),
        ("github", {"repository_owner": "acm*"}),
        ("github", {"sub": "*"}),
        ("github", {"sub": "repo:*"}),
        ("github", {"sub": "repo:acme*:ref:refs/heads/main"}),
        ("github", {"sub": "*:ref:refs/heads/main"}),
        ("github", {"job_workflow_ref": "acme/shop/.github/workflows/deploy.yml@refs/heads/main"}),
        ("github", {"environment": "production", "actor": "ada"}),
        ("gitlab", {"ref": "main", "ref_protected": "true"}),
        ("gitlab", {"project_path": "acme*"}),
        ("gitlab", {"sub": "project_path:*:ref_type:branch:ref:main"}),
        ("gitlab", {"repository": "acme/shop"}),
        ("oidc", {"repository": "acme/shop"}),
        ("oidc", {"sub": "*"}),
        ("oidc", {"sub": "*:job"}),
    ],
)
def test_what_would_let_in_anybody_is_refused(team: Team, provider: str, given: dict[str, str]) -> None:
    refused = team.owner.post(team.rules, team.body(name="other", provider=provider, conditions=given))
    assert (refused.status_code, refused.json()["code"]) == (400, "workload_rule_too_wide")
    assert "Name" in refused.json()["message"]


@pytest.mark.parametrize(
    ("provider", "given", "warned"),
    [
        ("github", {"repository_id": "1", "ref": "refs/heads/main"}, []),
        ("github", {"repository_id": "1", "sub": "repo:acme/shop:environment:production"}, []),
        ("github", {"repository_id": "1"}, [conditions.ANY_REF]),
        ("github", {"repository": "acme/shop", "environment": "production"}, [conditions.BY_NAME]),
        ("github", {"repository": "acme/*", "ref": "refs/heads/main"}, [conditions.OWNER_WIDE]),
        ("github", {"repository_owner": "acme"}, [conditions.OWNER_WIDE, conditions.ANY_REF]),
        ("github", {"sub": "repo:acme/shop:ref:refs/heads/main"}, [conditions.SUBJECT_ALONE]),
        ("github", {"sub": "repo:acme/shop:*"}, [conditions.SUBJECT_ALONE, conditions.ANY_REF]),
        ("github", {"sub": "repo:acme/*:ref:refs/heads/main"}, [conditions.OWNER_WIDE]),
        ("gitlab", {"project_id": "7", "ref": "main", "ref_type": "branch"}, []),
        ("gitlab", {"project_path": "acme/group/shop", "ref_protected": "true"}, [conditions.BY_NAME]),
        ("gitlab", {"namespace_path": "acme"}, [conditions.OWNER_WIDE, conditions.ANY_REF]),
        ("gitlab", {"sub": "project_path:acme/shop:ref_type:branch:ref:main"}, [conditions.SUBJECT_ALONE]),
        ("oidc", {"sub": "system:serviceaccount:ci:deployer"}, []),
        ("oidc", {"sub": "system:serviceaccount:ci:*"}, [conditions.SUBJECT_PATTERN]),
    ],
)
def test_what_is_weak_is_warned_of(provider: str, given: dict[str, str], warned: list[str]) -> None:
    said = conditions.warnings(Provider(provider), given)
    assert len(said) == len(warned)
    for sentence, template in zip(said, warned, strict=True):
        assert re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(template)), sentence)


@pytest.mark.parametrize("issuer", [GITHUB_HOST, f"{GITHUB_HOST}/acme", "https://gitlab.com"])
def test_calling_a_forge_just_oidc_gains_nothing(issuer: str) -> None:
    provider = conditions.provider_of(Provider.OIDC, issuer)
    assert provider is not Provider.OIDC
    with pytest.raises(RuleTooWide):
        conditions.warnings(provider, {"sub": "r*"})


@pytest.mark.parametrize(
    ("pattern", "value", "fits"),
    [
        ("a", "a", True), ("a", "A", False), ("a", "ab", False), ("a*", "a", True), ("*a", "ba", True),
        ("a*b", "ab", True), ("a*b", "a", False), ("a*a", "a", False), ("a*b*c", "aXbXbc", True),
        ("a*b*c", "acb", False), ("*", "", True), ("a.c", "abc", False), ("[a]", "a", False), ("a?", "ab", False),
        ("a*", "xa", False), ("a*\n", "a", False), ("**", "x", True), ("ab*ba", "aba", False),
    ],
)  # fmt: skip
def test_patterns(pattern: str, value: str, fits: bool) -> None:
    assert conditions.fits(pattern, value) is fits


def test_a_pattern_costs_no_more_than_its_length() -> None:
    assert not conditions.fits("*a" * 10 + "b", "a" * 8000)
