"""The way out for who has lost everything: an operator on the plane's host."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from controlplane.__main__ import app as commands
from controlplane.audit.models import AuditEvent
from tests.controlplane.mailbox import mails
from tests.controlplane.people import SignedUp
from tests.controlplane.second_factors.factors import enrol_app, enrol_passkey, log_in_alone, refusal


def test_all_factors_are_gone(signed_up: SignedUp, client: TestClient, session: Session) -> None:
    ada, bob = signed_up("ada"), signed_up("bob")
    enrol_app(ada)
    device = enrol_passkey(ada)
    enrol_app(bob)
    done = CliRunner().invoke(commands, ["reset-second-factors", "Ada@example.com"])
    assert (done.exit_code, done.stdout[:1]) == (0, "✓")
    assert ada.get("/auth/second-factors").json() == {"totp": False, "passkeys": [], "recoveryCodesLeft": 0}
    assert ada.logs_in().user_id == ada.user_id
    assert refusal(log_in_alone(client, device)) == (401, "passkey_refused")
    assert bob.get("/auth/second-factors").json()["totp"] is True
    noted = session.scalars(select(AuditEvent).where(AuditEvent.action == "second_factors.reset")).one()
    assert (noted.actor, noted.target) == ("system", ada.user_id)
    assert mails(session, ada.email)[-1].subject.startswith("All second factors were removed")


@pytest.mark.usefixtures("session")
def test_nobody_there() -> None:
    done = CliRunner().invoke(commands, ["reset-second-factors", "nobody@example.com"])
    assert done.exit_code == 1
    assert "no such user" in done.stderr
