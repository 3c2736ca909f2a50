"""`controlplane sso` on the plane's host."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from controlplane.__main__ import app
from controlplane.sso_connections import repository, service
from tests.controlplane.people import SignedUp
from tests.controlplane.sso.conftest import connected, verified_domain
from tests.support.identity_provider_rogue import Rogue

run = CliRunner().invoke


def test_a_provider_is_connected_listed_and_removed(session: Session, rogue: Rogue, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret\n")
    options = ["--issuer", rogue.issuer, "--client-id", "the-plane", "--client-secret-file", str(secret)]
    added = run(app, ["sso", "add", "oidc", "--provider", "corp", *options])
    assert "http://127.0.0.1:8000/api/v1/auth/sso/corp/callback" in added.output
    found = repository.by_provider(session, "corp")
    assert found is not None
    assert service.client_secret(found) == "the secret"
    listed = run(app, ["sso", "list"])
    assert listed.output == f"corp  oidc  on  {rogue.issuer}  the-plane\n"
    assert run(app, ["sso", "remove", "corp"]).exit_code == 0
    assert run(app, ["sso", "list"]).output == ""


def test_the_secret_is_asked_for_and_not_shown(session: Session, rogue: Rogue) -> None:
    options = ["--issuer", rogue.issuer, "--client-id", "the-plane"]
    added = run(app, ["sso", "add", "oidc", *options], input="typed secret\n")
    assert (added.exit_code, "typed secret" in added.output) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "oidc", "--client-id", "x", "--public"], "needs its issuer"),
        (["add", "oidc", "--client-id", "x", "--public", "--issuer", "http://127.0.0.1:1"], "accepts no connection"),
        (["add", "github", "--client-id", "x", "--public", "--provider", "No Name"], "A name consists of"),
        (["remove", "nobody"], "There is no such provider"),
        (["relax", "nobody.example"], "There is no such domain"),
    ],
)
def test_what_is_wrong_is_a_sentence(session: Session, arguments: list[str], sentence: str) -> None:
    answer = run(app, ["sso", *arguments])
    assert answer.exit_code == 1
    assert sentence in answer.output
    assert "Traceback" not in answer.output


def test_a_domain_is_relaxed_when_its_provider_is_out_of_order(
    session: Session, signed_up: SignedUp, rogue: Rogue, loopback_allowed: None
) -> None:
    account_id = signed_up().account()
    connection = connected(rogue.issuer, account_id=account_id)
    verified_domain(account_id, sso_connection_id=connection.connection_id, sso_required=True)
    assert run(app, ["sso", "relax", "corp.example"]).exit_code == 0
    assert session.execute(text("SELECT sso_required FROM domain")).scalar_one() is False
