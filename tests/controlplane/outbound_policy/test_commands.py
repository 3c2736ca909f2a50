"""`controlplane outbound …`, for whoever operates the plane's host."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from controlplane.__main__ import app as commands
from controlplane.audit.models import AuditEvent
from tests.controlplane.node import Node
from tests.controlplane.people import Person, SignedUp

pytestmark = pytest.mark.usefixtures("node", "production")


@pytest.fixture
def production(configured: Callable[..., None]) -> None:
    configured(
        loopback_mode="false", outbound_allowed_networks="10.1.0.0/16", outbound_refused_networks="198.51.100.0/24"
    )


@pytest.fixture
def ada(signed_up: SignedUp) -> Person:
    return signed_up("ada")


@pytest.fixture
def environment(ada: Person) -> str:
    """Its path; nobody who operates the plane is a member."""
    account = ada.account()
    made = ada.post(f"/accounts/{account}/environments", {"name": "dev"}).json()["environmentId"]
    return f"/accounts/{account}/environments/{made}"


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(commands, ["outbound", *arguments])
    return done.exit_code, done.output


def test_defaults_with_the_variables_that_set_them(environment: str) -> None:
    status, said = run("show")
    assert status == 0
    assert "10.1.0.0/16  (CONTROLPLANE_OUTBOUND_ALLOWED_NETWORKS)" in said
    assert "198.51.100.0/24  (CONTROLPLANE_OUTBOUND_REFUSED_NETWORKS)" in said
    assert "what is allowed only" in said
    assert environment.rpartition("/")[2] not in said


def test_an_addition_counts_at_once_and_can_be_taken_back(
    environment: str, ada: Person, node: Node, session: Session
) -> None:
    id_ = environment.rpartition("/")[2]

    status, said = run("allow", id_, "10.20.0.0/16", "*.Corp.example", "fd12::/64")

    assert status == 0
    assert f"✓ {id_} may reach, beside the defaults: 10.20.0.0/16 fd12::/64 *.corp.example\n" in said
    session.expire_all()
    shown = ada.get(f"{environment}/outbound-policy").json()
    assert (shown["networks"], shown["updatedBy"]) == (["10.20.0.0/16", "fd12::/64"], "operator")
    assert id_ in run("show")[1]
    assert "last changed by operator" in run("show", id_)[1]
    assert node.specs()[0]["outbound"]["networks"] == ["10.1.0.0/16", "10.20.0.0/16", "fd12::/64"]
    assert run("withdraw", id_, "*.corp.example", "10.20.0.0/16")[0] == 0
    session.expire_all()
    assert node.specs()[0]["outbound"]["networks"] == ["10.1.0.0/16", "fd12::/64"]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "outbound_policy.update")).all()[-1]
    assert (event.target, event.details["hosts"]) == (id_, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("allow", "env_000000000000000000000000000", "10.20.0.0/16"), "environment"),
        (("allow", "ID", "10.20.0.1/16"), "A network is a CIDR"),
        (("allow", "ID", "*.*.example"), "A host is a name"),
        (("withdraw", "ID", "10.20.0.0/16"), "not among what was added"),
        (("show", "env_000000000000000000000000000"), "environment"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    environment: str, ada: Person, arguments: tuple[str, ...], said: str
) -> None:
    id_ = environment.rpartition("/")[2]
    status, output = run(*[id_ if one == "ID" else one for one in arguments])
    assert status != 0
    assert said in output
    assert ada.get(f"{environment}/outbound-policy").json()["updatedAt"] is None
