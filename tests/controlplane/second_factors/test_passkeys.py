"""Adding, naming and removing passkeys; each field of the ceremony falsified (WebAuthn level 3, §7.1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from webauthn import base64url_to_bytes

from controlplane.audit.models import AuditEvent
from controlplane.second_factors import passkeys, relying_party
from controlplane.second_factors.models import Passkey
from controlplane.settings import settings
from tests.controlplane.mailbox import mails
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import (
    add_passkey,
    ask,
    creation_options,
    enrol_passkey,
    first_step,
    prove_passkey,
    refusal,
    request_options,
)
from tests.support.authenticator import Authenticator


def test_the_options(signed_up: SignedUp) -> None:
    ada = signed_up()
    options = creation_options(ada)
    assert options["rp"] == {"id": "localhost", "name": "Restate"}
    assert base64url_to_bytes(options["user"]["id"]) == ada.user_id.encode()
    assert options["user"]["name"] == ada.email
    assert options["attestation"] == "none"
    selection = options["authenticatorSelection"]
    assert (selection["residentKey"], selection["userVerification"]) == ("preferred", "preferred")
    assert len(base64url_to_bytes(options["challenge"])) == 32
    assert options["challenge"] != creation_options(ada)["challenge"]


def test_added_named_listed_removed(signed_up: SignedUp, session: Session) -> None:
    ada = signed_up()
    added = add_passkey(ada, Authenticator(), "Laptop")
    assert added.status_code == 201
    assert len(added.json()["recoveryCodes"]) == 10
    passkey_id = added.json()["passkey"]["passkeyId"]
    assert add_passkey(ada, Authenticator(), "Phone").json()["recoveryCodes"] is None
    listed = ada.get("/auth/second-factors").json()["passkeys"]
    assert [one["name"] for one in listed] == ["Laptop", "Phone"]
    assert set(listed[0]) == {"passkeyId", "name", "createdAt", "lastUsedAt"}
    renamed = ada.call("PATCH", f"/auth/passkeys/{passkey_id}", json={"name": "Old laptop"})
    assert renamed.json()["name"] == "Old laptop"
    assert ada.delete(f"/auth/passkeys/{passkey_id}").status_code == 204
    assert [one["name"] for one in ada.get("/auth/second-factors").json()["passkeys"]] == ["Phone"]
    told = [mail.subject.partition(" at ")[0] for mail in mails(session, ada.email, "second_factor_changed")]
    assert told == ["A passkey was added", "A passkey was added", "A passkey was removed"]
    actions = select(AuditEvent.action).where(AuditEvent.action.startswith("passkey.")).order_by(AuditEvent.number)
    assert session.scalars(actions).all() == ["passkey.add", "passkey.add", "passkey.rename", "passkey.remove"]


def test_another_users_passkey_is_not_there(signed_up: SignedUp, session: Session) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    enrol_passkey(ada)
    passkey_id = session.scalars(select(Passkey.passkey_id)).one()
    assert eve.call("PATCH", f"/auth/passkeys/{passkey_id}", json={"name": "Mine"}).status_code == 404
    assert eve.delete(f"/auth/passkeys/{passkey_id}").status_code == 404
    assert session.scalars(select(Passkey.name)).one() == "Laptop"


@pytest.mark.parametrize(
    "false",
    [
        {"origin": "http://localhost:8001"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "https://localhost:8000"},
        {"origin": "http://evil.example"},
        {"rp_id": "evil.example"},
        {"kind": "webauthn.get"},
    ],
)
def test_an_answer_for_elsewhere_is_refused(signed_up: SignedUp, false: dict[str, Any]) -> None:
    ada = signed_up()
    credential = Authenticator().create(creation_options(ada), **false)
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": credential})
    assert refusal(answer) == (400, "passkey_not_accepted")
    assert ada.get("/auth/second-factors").json()["passkeys"] == []


def test_a_challenge_is_ours_for_one_session_and_for_one_answer(signed_up: SignedUp, client: TestClient) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    options = creation_options(ada)
    over = (400, "passkey_challenge_over")

    def added(person: Any, credential: Any) -> Any:
        return refusal(person.post("/auth/passkeys", {"name": "Laptop", "credential": credential}))

    assert added(ada, Authenticator().create(options, challenge="b3RoZXI")) == over
    assert added(eve, Authenticator().create(options)) == over
    assert added(ada.logs_in(), Authenticator().create(options)) == over
    login = ask(client, "passkeys/login/options").json()["publicKey"]["challenge"]
    assert added(ada, Authenticator().create(options, challenge=login)) == over
    used = Authenticator().create(options)
    assert ada.post("/auth/passkeys", {"name": "Laptop", "credential": used}).status_code == 201
    assert added(ada, Authenticator().create(options)) == over


def test_a_challenge_ends(signed_up: SignedUp, later: Callable[[timedelta], None]) -> None:
    ada = signed_up()
    credential = Authenticator().create(creation_options(ada))
    later(timedelta(minutes=5, seconds=1))
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": credential})
    assert refusal(answer) == (400, "passkey_challenge_over")


def test_a_credential_belongs_to_one_user(signed_up: SignedUp, client: TestClient) -> None:
    ada, eve = signed_up("ada"), signed_up("eve")
    device = enrol_passkey(ada)
    known = creation_options(ada)["excludeCredentials"]
    assert [base64url_to_bytes(one["id"]) for one in known] == [device.credential_id]
    assert refusal(add_passkey(ada, device)) == (409, "passkey_taken")
    stolen = Authenticator(credential_id=device.credential_id)
    assert refusal(add_passkey(eve, stolen)) == (409, "passkey_taken")
    assert eve.get("/auth/second-factors").json()["passkeys"] == []
    options = request_options(client, first_step(ada)["challenge"])
    assert options["allowCredentials"][0]["id"] == known[0]["id"]


def test_there_is_a_limit(signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = signed_up()
    monkeypatch.setattr(passkeys, "LIMIT", 2)
    waiting = Authenticator().create(creation_options(ada))
    enrol_passkey(ada)
    enrol_passkey(ada)
    assert refusal(ada.post("/auth/passkeys/options")) == (409, "passkey_limit_reached")
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": waiting})
    assert refusal(answer) == (409, "passkey_limit_reached")


@pytest.mark.parametrize("identifier", [b"", bytes(1024)])
def test_identifiers_of_a_strange_length_are_refused(signed_up: SignedUp, identifier: bytes) -> None:
    answer = add_passkey(signed_up(), Authenticator(credential_id=identifier))
    assert refusal(answer) == (400, "passkey_not_accepted")


NONSENSE: list[Any] = [
    {},
    {"response": None},
    {"response": {"clientDataJSON": 7}},
    {"response": {"clientDataJSON": "bnVsbA"}},
    {"response": {"clientDataJSON": "W10"}},
    {"response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiA3fQ"}},
    {"response": {"clientDataJSON": "é"}},
    {"response": {"clientDataJSON": "W1tbW1tbW1tb" * 20_000}},
]


@pytest.mark.parametrize("credential", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused(signed_up: SignedUp, client: TestClient, credential: Any) -> None:
    ada = signed_up()
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": credential})
    assert refusal(answer) == (400, "passkey_challenge_over")
    begun = ask(client, "passkeys/login/options").json()
    answer = ask(client, "passkeys/login", {"challenge": begun["challenge"], "credential": credential})
    assert refusal(answer) == (400, "passkey_challenge_over")
    enrol_passkey(ada)
    answer = prove_passkey(client, first_step(ada)["challenge"], credential)
    assert refusal(answer) == (401, "wrong_second_factor")


@pytest.mark.parametrize("damaged", ["", "AAAA", "oWNmbXRkbm9uZQ", "/w", 7, None, "v2NmbXT_"])
def test_damaged_answers_are_refused(signed_up: SignedUp, client: TestClient, damaged: Any) -> None:
    ada = signed_up()
    credential = Authenticator().create(creation_options(ada))
    credential["response"]["attestationObject"] = damaged
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": credential})
    assert refusal(answer) == (400, "passkey_not_accepted")
    device = enrol_passkey(ada)
    for field in ("authenticatorData", "signature"):
        begun = ask(client, "passkeys/login/options").json()
        credential = device.get(begun["publicKey"])
        credential["response"][field] = damaged
        answer = ask(client, "passkeys/login", {"challenge": begun["challenge"], "credential": credential})
        assert refusal(answer) == (401, "passkey_refused")


@pytest.mark.parametrize(
    ("offered", "kept"),
    [(["internal", "made up", 1, ["usb"]], ["internal"]), ("internal", []), ({"internal": 1}, []), (None, [])],
)
def test_only_known_transports_are_kept(signed_up: SignedUp, session: Session, offered: Any, kept: list[str]) -> None:
    ada = signed_up()
    credential = Authenticator().create(creation_options(ada))
    credential["response"]["transports"] = offered
    answer = ada.post("/auth/passkeys", {"name": "Laptop", "credential": credential})
    assert answer.status_code == 201
    assert session.scalars(select(Passkey.transports)).all() == [kept]


class TestTheHostName:
    """A relying party has a domain (WebAuthn §5.1.2)."""

    @pytest.fixture
    def known_as(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """The plane's public URL from now on."""

        def become(url: str) -> None:
            own = settings().model_copy(update={"public_url": url})
            monkeypatch.setattr(relying_party, "settings", lambda: own)

        return become

    @pytest.mark.parametrize("page", ["http://127.0.0.1:8000", "http://[::1]:8000"])
    def test_a_page_at_an_address_is_sent_to_localhost(
        self, signed_up: SignedUp, client: TestClient, page: str
    ) -> None:
        ada = signed_up()
        answer = ada.post("/auth/passkeys/options", headers={"origin": page})
        assert refusal(answer) == (409, "passkeys_need_a_host_name")
        assert "http://localhost:8000" in answer.json()["message"]
        assert ada.post("/auth/passkeys/options", headers={"origin": "http://localhost:8000"}).status_code == 200

    def test_a_plane_with_a_name_is_that_name(self, signed_up: SignedUp, known_as: Callable[[str], None]) -> None:
        ada = signed_up()
        known_as("https://cloud.example.com")
        assert creation_options(ada)["rp"]["id"] == "cloud.example.com"
        right, wrong = Authenticator(origin="https://cloud.example.com"), Authenticator(origin="https://a.example.com")
        assert add_passkey(ada, right).status_code == 201
        assert refusal(add_passkey(ada, wrong)) == (400, "passkey_not_accepted")

    def test_a_plane_without_tls_says_so(self, signed_up: SignedUp, known_as: Callable[[str], None]) -> None:
        ada = signed_up()
        known_as("http://cloud.example.com")
        answer = ada.post("/auth/passkeys/options")
        assert refusal(answer) == (409, "passkeys_need_https")
        known_as("http://plane.localhost:8000")
        assert creation_options(ada)["rp"]["id"] == "plane.localhost"

    def test_a_public_plane_without_a_name_says_so(self, signed_up: SignedUp, known_as: Callable[[str], None]) -> None:
        ada = signed_up()
        known_as("http://203.0.113.7")
        answer = ada.post("/auth/passkeys/options")
        assert refusal(answer) == (409, "passkeys_need_a_host_name")
        assert "CONTROLPLANE_PUBLIC_URL" in answer.json()["message"]
