"""An account begins to demand a second factor: who has none is cut off at the edge until they have one."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest

from tests.support.tenants import Environment, Person, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


def enrol_app(person: Person) -> None:
    secret = person.created("/auth/totp")["secret"]
    confirmed = person.call("POST", "/auth/totp/confirm", json={"code": pyotp.TOTP(secret).now()})
    assert confirmed.status_code == 200, confirmed.text


def test_cut_off_and_let_in_again(environment: Callable[..., Environment]) -> None:
    home = environment()
    account, colleague = f"/accounts/{home.account_id}", sign_up(home.owner.api_url)
    invited = home.owner.created(f"{account}/invitations", email=colleague.email, role="developer")
    colleague.created("/invitations/accept", invitationId=invited["invitationId"])
    theirs, owners = home.using(colleague.token), home.using(home.owner.token)
    until(lambda: theirs.admin("GET", "/version").status_code == 200)

    enrol_app(home.owner)
    demanded = home.owner.call("PATCH", account, json={"requireSecondFactor": True})
    assert demanded.status_code == 200, demanded.text
    until(lambda: theirs.admin("GET", "/version").status_code == 403)
    refused = colleague.call("GET", account)
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_enrolment_required")
    assert owners.admin("GET", "/version").status_code == 200

    enrol_app(colleague)
    until(lambda: theirs.admin("GET", "/version").status_code == 200)
    assert colleague.call("GET", account).status_code == 200
    assert colleague.call("DELETE", "/auth/totp").status_code == 204
    until(lambda: theirs.admin("GET", "/version").status_code == 403)
    assert owners.admin("GET", "/version").status_code == 200
