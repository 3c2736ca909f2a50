"""Claiming a domain, proving it, losing it: against a real name server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import dns.rcode
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.domains import dns_records, sweep, tasks
from tests.controlplane.domains.nameserver import NameServer
from tests.controlplane.people import Person, SignedUp

CORP = "corp.example"


def claim(owner: Person, account_id: str, domain: str = CORP) -> dict[str, Any]:
    answer = owner.post(f"/accounts/{account_id}/domains", {"domain": domain})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def verify(owner: Person, account_id: str, domain: str = CORP) -> tuple[int, str]:
    answer = owner.post(f"/accounts/{account_id}/domains/{domain}/verify")
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def owner(signed_up: SignedUp) -> Person:
    return signed_up("owner")


@pytest.fixture
def account_id(owner: Person) -> str:
    return owner.account("corp")


@pytest.fixture
def proven(owner: Person, account_id: str, dns_server: NameServer) -> str:
    claimed = claim(owner, account_id)
    dns_server.records[claimed["recordName"]] = [claimed["recordValue"]]
    assert verify(owner, account_id) == (200, "")
    return account_id


def test_a_claim_says_which_record_to_set(owner: Person, account_id: str) -> None:
    body = claim(owner, account_id, " Corp.Example. ")
    assert (body["domain"], body["recordName"]) == (CORP, f"_restate-cloud.{CORP}")
    assert len(body["recordValue"]) > 60
    assert (body["verified"], body["joinMode"], body["ssoRequired"]) == (False, "none", False)
    listed = owner.get(f"/accounts/{account_id}/domains").json()["items"]
    assert listed == [body]


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "GMail.com", "outlook.com", "com", "co.uk", "com.br", "*.corp.example", "corp example",
     "a@corp.example", "127.0.0.1", "-x.example", "x..example", ".", "", "x" * 64 + ".example", "corp.example/",
     "_x.example", "corp.example\u0000"],
)  # fmt: skip
def test_what_cannot_be_claimed(owner: Person, account_id: str, domain: str) -> None:
    answer = owner.post(f"/accounts/{account_id}/domains", {"domain": domain})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_other_spellings_are_the_same_domain(owner: Person, account_id: str) -> None:
    body = claim(owner, account_id, "B\u00dcCHER.example")
    assert body["domain"] == "xn--bcher-kva.example"
    answer = owner.post(f"/accounts/{account_id}/domains", {"domain": "b\u00fccher.example"})
    assert (answer.status_code, answer.json()["code"]) == (409, "domain_already_claimed")


def test_the_record_proves_it(owner: Person, account_id: str, dns_server: NameServer) -> None:
    claimed = claim(owner, account_id)
    assert verify(owner, account_id) == (409, "record_missing")
    name, value = claimed["recordName"], claimed["recordValue"]
    dns_server.records[name] = ["something else", f"{value[:20]}|{value[20:]}"]
    assert verify(owner, account_id) == (200, "")
    assert owner.get(f"/accounts/{account_id}/domains").json()["items"][0]["verified"] is True


@pytest.mark.parametrize("where", [CORP, "corp.example.evil.example", "_restate-cloud.sub.corp.example"])
def test_a_record_elsewhere_proves_nothing(owner: Person, account_id: str, dns_server: NameServer, where: str) -> None:
    dns_server.records[where] = [claim(owner, account_id)["recordValue"]]
    assert verify(owner, account_id) == (409, "record_missing")


def test_the_record_of_another_account_proves_nothing(
    owner: Person, account_id: str, dns_server: NameServer, signed_up: SignedUp
) -> None:
    claimed, eve = claim(owner, account_id), signed_up("eve")
    dns_server.records[claimed["recordName"]] = [claimed["recordValue"]]
    theirs = eve.account("evil")
    claim(eve, theirs)
    assert verify(eve, theirs) == (409, "record_missing")


def test_one_account_has_it(proven: str, dns_server: NameServer, owner: Person, signed_up: SignedUp) -> None:
    rival = signed_up("rival")
    other = rival.account("rival")
    dns_server.records[f"_restate-cloud.{CORP}"].append(claim(rival, other)["recordValue"])
    assert verify(rival, other) == (409, "domain_taken")
    assert owner.delete(f"/accounts/{proven}/domains/{CORP}").status_code == 204
    assert verify(rival, other) == (200, "")


def test_name_servers_that_do_not_answer(owner: Person, account_id: str, dns_server: NameServer) -> None:
    claim(owner, account_id)
    dns_server.rcode = dns.rcode.SERVFAIL
    assert verify(owner, account_id) == (503, "dns_unavailable")


def test_members_of_other_accounts_and_developers_have_no_say(
    owner: Person, account_id: str, signed_up: SignedUp
) -> None:
    claim(owner, account_id)
    path = f"/accounts/{account_id}/domains"
    assert signed_up("eve").get(path).status_code == 404
    bob = signed_up("bob").joins(account_id, Role.DEVELOPER)
    assert bob.post(path, {"domain": "bob.example"}).status_code == 403
    assert bob.delete(f"{path}/{CORP}").status_code == 403


def test_a_lost_record_ends_it_after_a_week(
    proven: str, owner: Person, dns_server: NameServer, session: Session, later: Callable[[timedelta], None]
) -> None:
    sweep.look_again()
    assert len(dns_server.asked) == 1
    dns_server.records.clear()
    later(timedelta(days=1, minutes=1))
    sweep.look_again()
    domain = owner_sees(owner, proven)
    assert (domain["verified"], domain["failingSince"] is None) == (True, False)
    later(timedelta(days=8, minutes=2))
    sweep.look_again()
    assert session.execute(text("SELECT verified_at FROM domain")).scalar_one() is None
    actions = session.execute(text("SELECT count(*) FROM audit_event WHERE action = 'domain.lose'")).scalar_one()
    assert actions == 1
    mail = session.execute(text("SELECT recipient FROM outbox_message WHERE kind = 'domain_lost'")).scalars().all()
    assert mail == [owner.email]


def test_a_record_that_comes_back_in_time_keeps_it(
    proven: str, owner: Person, dns_server: NameServer, later: Callable[[timedelta], None]
) -> None:
    records = dict(dns_server.records)
    for day, found in ((1, False), (4, True), (9, False), (12, False)):
        dns_server.records = records if found else {}
        later(timedelta(days=day, minutes=day))
        sweep.look_again()
    later(timedelta(0))
    assert owner_sees(owner, proven)["verified"] is True


def test_name_servers_out_of_order_prove_nothing_either_way(
    proven: str, owner: Person, dns_server: NameServer, later: Callable[[timedelta], None]
) -> None:
    dns_server.rcode = dns.rcode.SERVFAIL
    for day in range(1, 20):
        later(timedelta(days=day, minutes=day))
        sweep.look_again()
    later(timedelta(0))
    domain = owner_sees(owner, proven)
    assert (domain["verified"], domain["failingSince"]) == (True, None)


def test_slow_name_servers_occupy_one_of_the_worker_s_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look() -> None:
        looks.append("begun")
        tasks.look_at_domains()

    monkeypatch.setattr(sweep, "look_again", look)
    tasks.look_at_domains()
    assert looks == ["begun"]
    tasks.look_at_domains()
    assert looks == ["begun"] * 2


def owner_sees(owner: Person, account_id: str) -> dict[str, Any]:
    later_token = owner.get(f"/accounts/{account_id}/domains")
    if later_token.status_code == 401:
        later_token = owner.logs_in().get(f"/accounts/{account_id}/domains")
    found: dict[str, Any] = later_token.json()["items"][0]
    return found


def test_who_is_removed_while_name_servers_take_their_time_verifies_nothing(
    owner: Person, account_id: str, dns_server: NameServer, signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = signed_up("evil").joins(account_id, Role.ADMIN)
    claimed = claim(evil, account_id, "evil.example")
    dns_server.records[claimed["recordName"]] = [claimed["recordValue"]]
    asked = dns_records.holds

    def slowly(domain: str, value: str) -> bool:
        assert owner.delete(f"/accounts/{account_id}/members/{evil.user_id}").status_code == 204
        return asked(domain, value)

    monkeypatch.setattr(dns_records, "holds", slowly)
    assert verify(evil, account_id, "evil.example") == (404, "not_found")
    assert [one["verified"] for one in owner.get(f"/accounts/{account_id}/domains").json()["items"]] == [False]
