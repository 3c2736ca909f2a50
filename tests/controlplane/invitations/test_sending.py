"""Inviting: who may, whom, how often, and what the mail says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.core import tokens
from controlplane.invitations.models import Invitation
from controlplane.settings import Settings, settings
from tests.controlplane.mailbox import last_body, mails, token_for
from tests.controlplane.people import Person, SignedUp

Later = Callable[[timedelta], None]
GRACE = "grace@example.com"


def invite(by: Person, account_id: str, email: str = GRACE, role: str = "developer", **more: Any) -> dict[str, Any]:
    answer = by.post(f"/accounts/{account_id}/invitations", {"email": email, "role": role, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def refused(by: Person, account_id: str, email: str = GRACE, role: str = "developer") -> tuple[int, str]:
    answer = by.post(f"/accounts/{account_id}/invitations", {"email": email, "role": role})
    return answer.status_code, answer.json().get("code", "")


def listed(by: Person, account_id: str, query: str = "") -> list[tuple[str, str]]:
    items = by.get(f"/accounts/{account_id}/invitations{query}").json()["items"]
    return [(item["email"], item["status"]) for item in items]


def test_an_invitation_and_its_mail(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up("ada")
    account_id = ada.account("payments")
    made = invite(ada, account_id)
    assert set(made) == {"invitationId", "email", "role", "status", "createdAt", "expiresAt", "invitedBy"}
    assert (made["email"], made["role"], made["status"], made["invitedBy"]) == (
        GRACE,
        "developer",
        "pending",
        ada.email,
    )
    assert datetime.fromisoformat(made["expiresAt"]) - datetime.fromisoformat(made["createdAt"]) >= timedelta(days=6)
    body = last_body(session, GRACE)
    assert mails(session, GRACE)[-1].subject.startswith("Join payments at ")
    for text in (body.text, body.html):
        assert "ada@example.com invites you to the account" in text
        assert "as developer" in text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "invitation.create")).one()
    assert (event.target, event.account_id) == (made["invitationId"], account_id)
    assert event.details == {"email": GRACE, "role": "developer"}


def test_only_the_mail_holds_the_token(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up("ada")
    account_id = ada.account()
    made = invite(ada, account_id)
    token = token_for(session, GRACE)
    row = session.scalars(select(Invitation)).one()
    assert row.digest == tokens.digest(token)
    secret = token.partition(".")[2]
    assert secret not in str(made) + ada.get(f"/accounts/{account_id}/invitations").text
    assert secret not in ada.get(f"/accounts/{account_id}/audit-events").text


def test_nothing_of_the_inviters_own_words_is_mailed(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up("ada")
    ada.call("PATCH", "/auth/me", json={"name": "Buy at evil.example"})
    invite(ada, ada.account())
    body = last_body(session, GRACE)
    assert "evil.example" not in body.text + body.html


@pytest.mark.parametrize("own", Role)
@pytest.mark.parametrize("role", Role)
def test_who_invites_to_which_role(signed_up: SignedUp, own: Role, role: Role) -> None:
    account_id = signed_up("ada").account()
    bob = signed_up("bob").joins(account_id, own)
    if own in ("developer", "viewer"):
        assert refused(bob, account_id, role=role) == (403, "permission_denied")
    elif own == "admin" and role == "owner":
        assert refused(bob, account_id, role=role) == (403, "role_not_yours_to_give")
    else:
        assert invite(bob, account_id, role=role)["role"] == role


@pytest.mark.parametrize("days", [0, 31, -1, 1.5, "x"])
def test_days_that_cannot_be(signed_up: SignedUp, days: object) -> None:
    ada = signed_up()
    body = {"email": GRACE, "role": "viewer", "expiresInDays": days}
    answer = ada.post(f"/accounts/{ada.account()}/invitations", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_as_many_days_as_asked_for(signed_up: SignedUp) -> None:
    ada = signed_up()
    expires = datetime.fromisoformat(invite(ada, ada.account(), expiresInDays=30)["expiresAt"])
    assert timedelta(days=29) < expires - datetime.now(UTC) < timedelta(days=31)


def test_one_open_invitation_per_address(signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    account_id = ada.account()
    made = invite(ada, account_id)
    again = ada.post(f"/accounts/{account_id}/invitations", {"email": "GRACE@Example.com", "role": "viewer"})
    assert (again.status_code, again.json()["code"]) == (409, "already_invited")
    assert again.json()["details"] == {"invitationId": made["invitationId"]}
    assert invite(ada, ada.account("other"))["email"] == GRACE


def test_a_member_is_not_invited(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.VIEWER)
    answer = ada.post(f"/accounts/{account_id}/invitations", {"email": bob.email, "role": "admin"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_member")
    assert "as viewer" in answer.json()["message"]


def test_the_answer_does_not_tell_whether_somebody_has_signed_up(signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    signed_up("known")
    account_id = ada.account()
    known, unknown = (invite(ada, account_id, f"{who}@example.com") for who in ("known", "unknown"))
    same = ("role", "status", "invitedBy")
    assert [known[name] for name in same] == [unknown[name] for name in same]


def test_sending_again_makes_the_old_link_worthless(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    made = invite(ada, account_id)
    old = token_for(session, GRACE)
    later(timedelta(days=2))
    ada, grace = ada.logs_in(), grace.logs_in()
    answer = ada.post(f"/accounts/{account_id}/invitations/{made['invitationId']}/resend")
    assert answer.status_code == 200
    assert answer.json()["invitationId"] == made["invitationId"]
    assert answer.json()["expiresAt"] > made["expiresAt"]
    refusal = grace.post("/invitations/accept", {"token": old})
    assert (refusal.status_code, refusal.json()["code"]) == (404, "invitation_not_found")
    assert grace.post("/invitations/accept", {"token": token_for(session, GRACE)}).status_code == 200
    ended = ada.post(f"/accounts/{account_id}/invitations/{made['invitationId']}/resend")
    assert (ended.status_code, ended.json()["code"]) == (409, "invitation_ended")


def test_revoking(signed_up: SignedUp, session: Session) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    made = f"/accounts/{account_id}/invitations/{invite(ada, account_id)['invitationId']}"
    token = token_for(session, GRACE)
    assert ada.delete(made).status_code == 204
    for body in ({"token": token}, {"invitationId": made.rpartition("/")[2]}):
        answer = grace.post("/invitations/accept", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "invitation_ended")
        assert "withdrawn" in answer.json()["message"]
    assert ada.delete(made).json()["code"] == "invitation_ended"
    assert listed(ada, account_id) == []
    assert listed(ada, account_id, "?ended=true") == [(GRACE, "revoked")]
    assert invite(ada, account_id)["status"] == "pending"


def test_an_admin_leaves_invitations_to_owner_alone(signed_up: SignedUp) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    account_id = ada.account()
    bob.joins(account_id, Role.ADMIN)
    path = f"/accounts/{account_id}/invitations/{invite(ada, account_id, role='owner')['invitationId']}"
    for answer in (bob.delete(path), bob.post(f"{path}/resend")):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_yours_to_give")


def test_one_that_ran_out_is_shown_and_gives_way(signed_up: SignedUp, later: Later) -> None:
    ada = signed_up("ada")
    account_id = ada.account()
    first = invite(ada, account_id)
    later(timedelta(days=7, minutes=1))
    ada = ada.logs_in()
    assert listed(ada, account_id) == [(GRACE, "expired")]
    second = invite(ada, account_id)
    assert first["invitationId"] != second["invitationId"]
    assert listed(ada, account_id, "?ended=true") == [(GRACE, "pending"), (GRACE, "replaced")]


def test_an_invitation_of_another_account_is_none(signed_up: SignedUp) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    account_id, own = ada.account(), eve.account()
    made = invite(ada, account_id)["invitationId"]
    for account in (account_id, own):
        assert eve.delete(f"/accounts/{account}/invitations/{made}").status_code == 404
        assert eve.post(f"/accounts/{account}/invitations/{made}/resend").status_code == 404
    assert listed(ada, account_id) == [(GRACE, "pending")]


def limited(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    changed = Settings(**{**settings().model_dump(), **limits})
    for module in ("service", "throttle"):
        monkeypatch.setattr(f"controlplane.invitations.{module}.settings", lambda: changed)


def test_a_limit_of_open_invitations(signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, open_invitations_per_account=2)
    ada = signed_up("ada")
    account_id = ada.account()
    made = [invite(ada, account_id, f"p{number}@example.com")["invitationId"] for number in range(2)]
    assert refused(ada, account_id) == (409, "invitation_limit_reached")
    ada.delete(f"/accounts/{account_id}/invitations/{made[0]}")
    invite(ada, account_id)


def test_an_account_mails_so_much_in_a_day_whatever_it_revokes(
    signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch, later: Later
) -> None:
    limited(monkeypatch, invitation_mails_per_account_daily=3)
    ada = signed_up("ada")
    account_id = ada.account()
    for number in range(3):
        made = invite(ada, account_id, f"p{number}@example.com")["invitationId"]
        ada.delete(f"/accounts/{account_id}/invitations/{made}")
    answer = ada.post(f"/accounts/{account_id}/invitations", {"email": GRACE, "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert "3 invitation mails from this account in a day" in answer.json()["message"]
    assert 86_000 < int(answer.headers["retry-after"]) <= 86_401
    assert listed(ada, account_id) == []
    later(timedelta(days=1, minutes=1))
    invite(ada.logs_in(), account_id)


def test_an_inviter_does_not_multiply_by_accounts(signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, invitation_mails_per_account_daily=1)
    ada = signed_up("ada")
    for number in range(2):
        invite(ada, ada.account(f"a{number}"), f"p{number}@example.com")
    assert refused(ada, ada.account("a2")) == (429, "too_many_requests")


def test_an_address_gets_five_mails_a_day_from_whomever(signed_up: SignedUp, session: Session) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    account_id, other = ada.account(), eve.account()
    made = invite(ada, account_id)["invitationId"]
    resend = f"/accounts/{account_id}/invitations/{made}/resend"
    assert [ada.post(resend).status_code for _ in range(5)] == [200] * 4 + [429]
    answer = eve.post(f"/accounts/{other}/invitations", {"email": GRACE, "role": "viewer"})
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert len(mails(session, GRACE)) == 5
    token_for(session, GRACE)


def test_repeated_with_a_key_it_is_one_invitation(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up("ada")
    path = f"/accounts/{ada.account()}/invitations"
    body, key = {"email": GRACE, "role": "viewer"}, {"idempotency-key": "k"}
    first, second = (ada.post(path, body, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert len(mails(session, GRACE)) == 1
