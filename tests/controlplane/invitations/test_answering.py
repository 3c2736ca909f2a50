"""Accepting and declining: only the verified owner of the address, once, while it is worth something."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from controlplane.audit.models import AuditEvent
from controlplane.auth import Role
from controlplane.edge_log.models import EdgeChange
from controlplane.invitations import service
from controlplane.invitations.models import Invitation, InvitationMail
from controlplane.members.models import Member
from controlplane.users.models import User
from tests.controlplane.invitations.test_sending import GRACE, invite, listed
from tests.controlplane.mailbox import mails, token_for
from tests.controlplane.people import Person, SignedUp

Later = Callable[[timedelta], None]


def answered(person: Person, verb: str, **body: str) -> tuple[int, str]:
    answer = person.post(f"/invitations/{verb}", body)
    return answer.status_code, answer.json().get("code", "") if answer.content else ""


def waiting(person: Person) -> list[str]:
    return [item["invitationId"] for item in person.get("/invitations").json()["items"]]


@pytest.mark.parametrize("by", ["token", "invitationId"])
def test_accepting(signed_up: SignedUp, session: Session, by: str) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account("payments")
    made = invite(ada, account_id, role="admin")["invitationId"]
    name = {"token": token_for(session, GRACE), "invitationId": made}[by]
    answer = grace.post("/invitations/accept", {by: name})
    assert (answer.status_code, answer.json()) == (200, {"accountId": account_id, "role": "admin"})
    items = {item["userId"]: item for item in grace.get(f"/accounts/{account_id}/members").json()["items"]}
    assert (items[grace.user_id]["role"], items[grace.user_id]["joinedBy"]) == ("admin", "invitation")
    assert (items[ada.user_id]["joinedBy"], items[ada.user_id]["secondFactor"]) == ("founder", False)
    change = session.scalars(select(EdgeChange).order_by(EdgeChange.sequence.desc()).limit(1)).one()
    assert (change.entry, change.value) == (f"{grace.user_id}/{account_id}", {"role": "admin"})
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "invitation.accept")).one()
    assert (event.actor, event.target, event.details["email"]) == (grace.user_id, made, GRACE)
    assert waiting(grace) == []
    assert listed(ada, account_id, "?ended=true") == [(GRACE, "accepted")]


def test_it_waits_for_who_signs_up_later(signed_up: SignedUp) -> None:
    ada = signed_up("ada")
    account_id = ada.account("payments")
    made = invite(ada, account_id)
    grace = signed_up("grace")
    assert grace.get("/invitations").json() == {
        "items": [
            {
                "invitationId": made["invitationId"],
                "accountId": account_id,
                "accountName": "payments",
                "role": "developer",
                "invitedBy": ada.email,
                "expiresAt": made["expiresAt"],
            }
        ],
        "next": None,
    }
    assert waiting(signed_up("eve")) == []


def test_a_forwarded_link_is_nobody_elses(signed_up: SignedUp, session: Session) -> None:
    """The refusal does not tell whose it is, and is the same once it has ended."""
    ada, eve = signed_up("ada"), signed_up("eve")
    account_id = ada.account()
    made = invite(ada, account_id)["invitationId"]
    token = token_for(session, GRACE)
    for verb in ("accept", "decline"):
        answer = eve.post(f"/invitations/{verb}", {"token": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "invitation_for_another_address")
        assert GRACE not in answer.text
        assert answered(eve, verb, invitationId=made) == (404, "invitation_not_found")
    ada.delete(f"/accounts/{account_id}/invitations/{made}")
    assert answered(eve, "accept", token=token) == (403, "invitation_for_another_address")
    assert eve.get(f"/accounts/{account_id}").status_code == 404


@pytest.mark.parametrize("token", ["", "x", "inv_x.y", "\u0000", "inv_" + "a" * 190])
def test_invented_tokens(signed_up: SignedUp, token: str) -> None:
    eve = signed_up("eve")
    assert answered(eve, "accept", token=token) == (404, "invitation_not_found")


def test_a_token_is_not_matched_by_its_beginning(signed_up: SignedUp, session: Session) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    invite(ada, ada.account())
    token = token_for(session, GRACE)
    for wrong in (token[:-1], token + "x", token.upper(), token.partition(".")[0], f" {token}"):
        assert answered(grace, "accept", token=wrong) == (404, "invitation_not_found")
    assert answered(grace, "accept", token=token) == (200, "")


@pytest.mark.parametrize("body", [{}, {"token": "a", "invitationId": "b"}, {"token": 5}, {"token": "a" * 201}])
def test_bodies_of_the_wrong_shape(signed_up: SignedUp, body: object) -> None:
    answer = signed_up().post("/invitations/accept", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_an_address_that_is_not_verified_has_no_invitations(signed_up: SignedUp, session: Session) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    made = invite(ada, ada.account())["invitationId"]
    user = session.get(User, grace.user_id)
    assert user is not None
    user.verified_at = None
    session.commit()
    assert waiting(grace) == []
    assert answered(grace, "accept", invitationId=made) == (403, "email_not_verified")
    assert answered(grace, "accept", token=token_for(session, GRACE)) == (403, "email_not_verified")


def test_a_second_time(signed_up: SignedUp, session: Session) -> None:
    """Also after removal: a used link is no way back in."""
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    invite(ada, account_id)
    token = token_for(session, GRACE)
    assert answered(grace, "accept", token=token) == (200, "")
    assert answered(grace, "accept", token=token) == (409, "invitation_ended")
    ada.delete(f"/accounts/{account_id}/members/{grace.user_id}")
    assert answered(grace, "accept", token=token) == (409, "invitation_ended")
    assert grace.get(f"/accounts/{account_id}").status_code == 404


def test_declining(signed_up: SignedUp, session: Session) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    made = invite(ada, account_id)["invitationId"]
    assert answered(grace, "decline", invitationId=made) == (204, "")
    assert answered(grace, "decline", invitationId=made) == (409, "invitation_ended")
    assert answered(grace, "accept", token=token_for(session, GRACE)) == (409, "invitation_ended")
    assert waiting(grace) == []
    assert listed(ada, account_id, "?ended=true") == [(GRACE, "declined")]
    assert session.scalars(select(AuditEvent).where(AuditEvent.action == "invitation.decline")).one().target == made
    assert invite(ada, account_id)["status"] == "pending"


def test_too_late(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    made = invite(ada, ada.account())["invitationId"]
    later(timedelta(days=7, minutes=1))
    grace = grace.logs_in()
    assert waiting(grace) == []
    for body in ({"token": token_for(session, GRACE)}, {"invitationId": made}):
        assert answered(grace, "accept", **body) == (409, "invitation_expired")
    assert answered(grace, "decline", invitationId=made) == (204, "")


def test_who_is_a_member_already_stays_what_they_are(signed_up: SignedUp) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    made = invite(ada, account_id, role="admin")["invitationId"]
    grace.joins(account_id, Role.VIEWER)
    assert waiting(grace) == []
    assert answered(grace, "accept", invitationId=made) == (409, "already_member")
    assert grace.get(f"/accounts/{account_id}").json()["role"] == "viewer"


@pytest.mark.parametrize("fate", ["removed", "viewer", "developer", "left"])
def test_an_inviter_without_the_right_leaves_no_door_open(signed_up: SignedUp, session: Session, fate: str) -> None:
    """An admin invites a second address of theirs, and is removed."""
    ada, bob, grace = signed_up("ada"), signed_up("bob"), signed_up("grace")
    account_id = ada.account()
    bob.joins(account_id, Role.ADMIN)
    made = invite(bob, account_id, role="admin")["invitationId"]
    path = f"/accounts/{account_id}/members/{bob.user_id}"
    if fate in ("removed", "left"):
        assert (ada if fate == "removed" else bob).delete(path).status_code == 204
    else:
        assert ada.call("PATCH", path, json={"role": fate}).status_code == 200
    assert waiting(grace) == []
    assert answered(grace, "accept", token=token_for(session, GRACE)) == (409, "invitation_void")
    assert listed(ada, account_id) == [(GRACE, "void")]
    resent = ada.post(f"/accounts/{account_id}/invitations/{made}/resend").json()
    assert (resent["status"], resent["invitedBy"]) == ("pending", ada.email)
    assert answered(grace, "accept", token=token_for(session, GRACE)) == (200, "")


def test_an_owner_who_became_an_admin_no_longer_invites_owners(signed_up: SignedUp) -> None:
    ada, bob, grace = signed_up("ada"), signed_up("bob"), signed_up("grace")
    account_id = ada.account()
    bob.joins(account_id, Role.VIEWER)
    made = invite(ada, account_id, role="owner")["invitationId"]
    assert ada.post(f"/accounts/{account_id}/transfer", {"userId": bob.user_id}).status_code == 200
    assert answered(grace, "accept", invitationId=made) == (409, "invitation_void")


def test_accepted_at_once_it_counts_once(committed: sessionmaker[Session], signed_up: SignedUp) -> None:
    ada, grace = signed_up("ada"), signed_up("grace")
    account_id = ada.account()
    made = invite(ada, account_id)["invitationId"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: answered(grace, "accept", invitationId=made), range(6)))
    assert sorted(answers) == [(200, ""), *[(409, "invitation_ended")] * 5]
    with committed() as session:
        assert len(session.scalars(select(Member).where(Member.account_id == account_id)).all()) == 2


@pytest.mark.parametrize("other", ["revoke", "resend", "remove the inviter"])
def test_accepted_while_it_is_taken_away(committed: sessionmaker[Session], signed_up: SignedUp, other: str) -> None:
    """Either order is fine; a link that was replaced or revoked first must not work."""
    ada, bob, grace = signed_up("ada"), signed_up("bob"), signed_up("grace")
    # Twice, since an address gets five mails a day.
    for number in range(2):
        account_id = ada.account(f"a{number}")
        bob.joins(account_id, Role.ADMIN)
        made = f"/accounts/{account_id}/invitations/{invite(bob, account_id)['invitationId']}"
        with committed() as session:
            token = token_for(session, GRACE)
        with ThreadPoolExecutor(2) as pool:
            accepted = pool.submit(answered, grace, "accept", token=token)
            if other == "revoke":
                taken = ada.delete(made)
            elif other == "resend":
                taken = ada.post(f"{made}/resend")
            else:
                taken = ada.delete(f"/accounts/{account_id}/members/{bob.user_id}")
        status, code = accepted.result()
        joined = grace.get(f"/accounts/{account_id}").status_code == 200
        assert joined == (status == 200)
        assert status == 200 or code in ("invitation_ended", "invitation_not_found", "invitation_void")
        if other != "remove the inviter":
            assert joined != taken.is_success


def test_old_ones_are_forgotten(signed_up: SignedUp, session: Session, later: Later) -> None:
    ada = signed_up("ada")
    invite(ada, ada.account())
    later(timedelta(days=90))
    service.forget_old(session)
    assert len(session.scalars(select(Invitation)).all()) == 1
    assert session.scalars(select(InvitationMail)).all() == []
    later(timedelta(days=98))
    service.forget_old(session)
    assert session.scalars(select(Invitation)).all() == []
    assert len(mails(session, GRACE)) == 1
