"""Every operation of the control plane's document for programs, CI jobs, and members who lack a second factor."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pyotp
import pytest

from tests.support.asking import all_at_once
from tests.support.cast import MEMBER_ROLES, Cast
from tests.support.plane import Plane
from tests.support.raw import Answer
from tests.support.tenants import Person, sign_up
from tests.system.requests_control_plane import Operation, Victim, operations, send
from tests.system.rules_control_plane import (
    ANYBODY,
    OPERATORS,
    PERSONS_ONLY,
    RULES,
    SIGNED_IN,
    WORKLOADS,
    may,
)

pytestmark = pytest.mark.system

NONSENSE = {"nonsense": True}
# Its account is named in the body, and nothing is to be changed in it.
IN_BODY = ("cliUpdateAccount",)
# Everybody may leave: whom it is about is looked up first.
LOOKED_UP = ("removeMember",)
# The end of the token that is asked with.
ENDS = ("logOut",)


def nothing(account_id: str) -> Victim:
    """Of an account, with identifiers of nothing: what is allowed finds nothing to do."""
    return Victim(account_id, "env_unknown", "key_unknown", "key_unknown", "op_unknown", "usr_unknown", "inv_unknown")


def everything(cast: Cast) -> list[Operation]:
    return [one for one in operations(cast.own.owner.api_url) if RULES[one.name] != ANYBODY and one.name not in ENDS]


def code(answer: Answer) -> str:
    found: Any = json.loads(answer.body or b"{}")
    return str(found.get("code", "")) if isinstance(found, dict) else ""


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_programs_may_what_their_users_may_but_what_takes_a_person(
    role: str, cast: Cast, crowd: dict[str, str]
) -> None:
    """A right is checked before what the request says: nonsense does no harm and tells who may."""
    victim, wrong = nothing(cast.own.account_id), []

    def asked(one: Operation) -> Answer:
        real = one.name in PERSONS_ONLY or one.name in IN_BODY or RULES[one.name] == OPERATORS
        return send(cast, one, victim, crowd[f"{role} program"], None if real else NONSENSE)

    for one, answer in zip(everything(cast), all_at_once(asked, everything(cast)), strict=True):
        if one.name in PERSONS_ONLY or RULES[one.name] == OPERATORS:
            wanted = code(answer) == "person_required" or (not may(role, one.name) and answer.status == 403)
        elif may(role, one.name) or one.name in LOOKED_UP:
            wanted = answer.status not in (401, 403)
        else:
            wanted = answer.status == 403
        if not wanted:
            wrong.append(f"{one.name}: {answer}")
    assert wrong == []


@pytest.mark.parametrize("role", ["developer", "viewer"])
def test_jobs_see_their_own_environment_and_nothing_else(
    role: str, cast: Cast, crowd: dict[str, str], bystander: Victim
) -> None:
    own = replace(bystander, environment_id=cast.own.environment_id)
    for victim, is_own in ((own, True), (bystander, False)):
        answers = all_at_once(lambda one, on=victim: send(cast, one, on, crowd[f"{role} workload"]), everything(cast))  # type: ignore[misc]
        wrong = []
        for one, answer in zip(everything(cast), answers, strict=True):
            allowed = is_own and role in WORKLOADS.get(one.name, ())
            told = not allowed and bystander.key_id.encode() in answer.body
            if told or not (answer.status == one.success if allowed else answer.status in (403, 404)):
                wrong.append(f"{one.name}: {answer}")
        assert wrong == []


def test_who_lacks_the_second_factor_that_an_account_demands_gets_nothing_of_it(plane: Plane, cast: Cast) -> None:
    owner, colleague = sign_up(plane.api_url), sign_up(plane.api_url)
    account = owner.created("/accounts", name="careful")["accountId"]
    invited = owner.created(f"/accounts/{account}/invitations", email=colleague.email, role="admin")
    colleague.created("/invitations/accept", invitationId=invited["invitationId"])
    _enrol(owner)
    demanded = owner.call("PATCH", f"/accounts/{account}", json={"requireSecondFactor": True})
    assert demanded.status_code == 200, demanded.text

    asked = [one for one in everything(cast) if RULES[one.name] not in (SIGNED_IN, OPERATORS)]
    asked = [one for one in asked if "{accountId}" in one.path]
    answers = all_at_once(lambda one: send(cast, one, nothing(account), colleague.token), asked)
    wrong = [f"{one.name}: {answer}" for one, answer in zip(asked, answers, strict=True) if not _enrol_first(answer)]
    assert wrong == []
    assert len(asked) > 50


def _enrol_first(answer: Answer) -> bool:
    return (answer.status, code(answer)) == (403, "second_factor_enrolment_required")


def _enrol(person: Person) -> None:
    secret = person.created("/auth/totp")["secret"]
    confirmed = person.call("POST", "/auth/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert confirmed.status_code == 200, confirmed.text
