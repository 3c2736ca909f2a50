"""Every operation of the control plane's document for members and strangers, against `rules_control_plane`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.asking import all_at_once
from tests.support.cast import EVERYBODY, MEMBER_ROLES, OUTSIDERS, Cast, port
from tests.support.crowd import ENDED, RESTRICTED, WORKLOADS
from tests.support.raw import Answer, ask
from tests.support.tenants import Person
from tests.support.waiting import until
from tests.system.requests_control_plane import Operation, Victim, operations, send, victim_of
from tests.system.rules_control_plane import (
    ADMINISTRATORS,
    ANYBODY,
    INVENTED,
    OPERATORS,
    RECENT,
    RULES,
    SIGNED_IN,
    may,
)

pytestmark = pytest.mark.system

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# Jobs whose roles count at their environment's own addresses.
ELSEWHERE = tuple(name for name in WORKLOADS if not name.startswith(("developer", "viewer")))
# API keys are no credentials here, not even the environment's own.
NOBODY = (
    *(name for name in EVERYBODY if not name.endswith(" member") or name in OUTSIDERS),
    *RESTRICTED,
    *ELSEWHERE,
    *ENDED,
)


@pytest.fixture
def victim(cast: Cast, bystander: Victim) -> Iterator[Victim]:
    made = victim_of(cast)
    yield made
    path = f"/accounts/{made.account_id}/environments"
    for one in cast.people["owner"].call("GET", f"{path}?limit=100").json()["items"]:
        if one["environmentId"] not in (cast.own.environment_id, bystander.environment_id):
            cast.people["owner"].call("DELETE", f"{path}/{one['environmentId']}?purge=true")


@pytest.fixture(scope="module")
def tokens(cast: Cast, crowd: dict[str, str]) -> dict[str, str | None]:
    return cast.tokens | crowd


def test_every_operation_has_a_rule(cast: Cast) -> None:
    assert {one.name for one in operations(cast.own.owner.api_url)} == set(RULES)


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_members_may_exactly_what_their_role_says(role: str, cast: Cast, victim: Victim) -> None:
    wrong, operates = [], _operates(cast.people[role])
    for operation in operations(cast.own.owner.api_url):
        # A token of its own: one of the operations ends it, others want a new one.
        own = operation.name == "logOut" or operation.name in RECENT
        token = cast.people[role].again().token if own else cast.tokens[f"{role} member"]
        if operation.name == "checkIdentityKeys":
            # The engine is asked which deployments it has, and has only just been started.
            until(lambda: _status(cast, victim) == "ACTIVE", 60)
        answer = send(cast, operation, victim, token)
        allowed = may(role, operation.name, operates=operates)
        wanted = INVENTED.get(operation.name, operation.success) if allowed else 403
        if answer.status != wanted:
            wrong.append(f"{operation.name}: {answer}, should be {wanted}")
    assert wrong == []


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_only_administrators_destroy(role: str, cast: Cast, victim: Victim) -> None:
    path = f"/accounts/{victim.account_id}/environments/{victim.environment_id}?purge=true"

    assert cast.people[role].call("DELETE", path).status_code == (202 if role in ADMINISTRATORS else 403)


@pytest.mark.parametrize("name", NOBODY)
def test_everybody_else_gets_nothing(name: str, cast: Cast, bystander: Victim, tokens: dict[str, str | None]) -> None:
    """Strangers do not learn what exists."""
    asked = [one for one in operations(cast.own.owner.api_url) if not _costs_too_much(one, name)]
    # What the stranger may do at home has an order: an authenticator app is begun, confirmed, removed.
    each = map if name == "other member" else all_at_once
    answers = each(lambda one: send(cast, one, bystander, tokens[name]), asked)
    assert [
        f"{one.name}: {answer}"
        for one, answer in zip(asked, answers, strict=True)
        if answer.status not in _refusals(one, name) or _tells(answer, bystander)
    ] == []


@pytest.mark.parametrize("name", ["anonymous", "garbage", "full key", *RESTRICTED, *ELSEWHERE, *ENDED])
def test_it_is_no_cookie_either(name: str, cast: Cast, bystander: Victim, tokens: dict[str, str | None]) -> None:
    where, cookie = port(cast.own.owner.api_url), {"Cookie": f"rc_session={tokens[name]}"}
    asked = [one for one in operations(cast.own.owner.api_url) if one.method == "GET" and RULES[one.name] != ANYBODY]
    answers = all_at_once(lambda one: ask(where, "GET", bystander.path(one.path), None, None, cookie), asked)
    assert {answer.status for answer in answers} == {401}


def _costs_too_much(operation: Operation, name: str) -> bool:
    """The end of the stranger's token; hashing passwords and counting failures for everybody again."""
    costly = ("signUp", "logIn", "verifyEmail", "resetPassword", "logInWithPasskey")
    again = operation.name in costly and name not in ("anonymous", "garbage")
    return again or (operation.name == "logOut" and name == "other member")


def _refusals(operation: Operation, name: str) -> set[int]:
    rule = RULES[operation.name]
    if rule == ANYBODY or (rule == SIGNED_IN and name == "other member"):
        aged = {403} if operation.name in RECENT else set()
        return {INVENTED.get(operation.name, operation.success)} | aged
    return {403 if rule == OPERATORS else 404} if name == "other member" else {401}


def _status(cast: Cast, victim: Victim) -> str:
    shown = cast.people["owner"].call("GET", victim.path("/accounts/{accountId}/environments/{environmentId}"))
    return str(shown.json()["status"])


def _operates(person: Person) -> bool:
    """Whether they run the plane: who signed up first does, where it is tried out."""
    operates: bool = person.call("GET", "/auth/me").json()["user"]["operator"]
    return operates


def _tells(answer: Answer, victim: Victim) -> bool:
    return any(id_.encode() in answer.body for id_ in (victim.account_id, victim.environment_id, victim.key_id))


def _looks_like(path: str, template: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.mark.parametrize("name", ["anonymous", "garbage", "owner member"])
def test_methods_that_no_document_lists_do_nothing(name: str, cast: Cast, bystander: Victim) -> None:
    where = port(cast.own.owner.api_url)
    listed: dict[str, set[str]] = {}
    for one in operations(cast.own.owner.api_url):
        listed.setdefault(one.path, set()).update({one.method} | ({"HEAD"} if one.method == "GET" else set()))
    asked = []
    for path in listed:
        # `/passkeys/login` is also what `/passkeys/{passkeyId}` looks like.
        methods = set().union(*(taken for template, taken in listed.items() if _looks_like(path, template)))
        asked += [(method, bystander.path(path)) for method in set(METHODS) - methods]
    answers = all_at_once(lambda one: ask(where, *one, cast.tokens[name]), asked)
    wrong = [(one, answer.status) for one, answer in zip(asked, answers, strict=True)]
    assert [one for one in wrong if one[1] not in (401, 404, 405)] == []


@pytest.mark.parametrize("name", ["anonymous", "garbage", "other member", "full key", "owner member", "viewer member"])
def test_head_is_decided_as_get(name: str, cast: Cast, bystander: Victim) -> None:
    where = port(cast.own.owner.api_url)
    reads = [
        (method, bystander.path(one.path))
        for method in ("GET", "HEAD")
        for one in operations(cast.own.owner.api_url)
        if one.method == "GET"
    ]
    answers = all_at_once(lambda one: ask(where, *one, cast.tokens[name]), reads)
    got, told = answers[: len(reads) // 2], answers[len(reads) // 2 :]

    assert [answer.status for answer in told] == [answer.status for answer in got]
    assert {answer.body for answer in told} == {b""}


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_internal_api_is_not_on_the_public_port(name: str, cast: Cast) -> None:
    where = port(cast.own.owner.api_url)
    posts = ("reports", "heartbeat", "edge/usage", "logs", "tunnels", "admission")
    asked = [
        (method, prefix + path)
        for path in ("specs", "edge/snapshot", "edge/changes?after=0", *posts)
        for prefix in ("/internal/v1/", "/api/internal/v1/", "//internal/v1/", "/api/v1/../../internal/v1/")
        for method in ("GET", "POST")
    ]
    assert {one.status for one in all_at_once(lambda one: ask(where, *one, cast.tokens[name]), asked)} == {404}
