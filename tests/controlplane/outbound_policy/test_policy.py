"""Who may open which way out of an environment."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

import pytest
from sqlalchemy.orm import Session

from controlplane.auth import Role
from controlplane.core.destinations import DestinationRefused
from controlplane.outbound_policy import service
from controlplane.outbound_policy.models import OutboundPolicy
from controlplane.settings import settings
from controlplane.users import service as users
from tests.controlplane.people import Person, SignedUp

pytestmark = pytest.mark.usefixtures("node")


@pytest.fixture
def production(configured: Callable[..., None]) -> None:
    configured(loopback_mode="false")


def environment(person: Person, account: str, name: str = "dev") -> str:
    made = person.post(f"/accounts/{account}/environments", {"name": name})
    assert made.status_code == 202, made.text
    return f"/accounts/{account}/environments/{made.json()['environmentId']}"


@pytest.fixture
def owner(signed_up: SignedUp) -> Person:
    """Not the one who signed up first, and runs the plane."""
    signed_up("operator")
    return signed_up("ada")


def reaches(session: Session, path: str, address: str, port: int = 443, *, plain: bool = False) -> bool:
    try:
        service.destinations(session, path.rpartition("/")[2]).judge(
            "a.example", port, [ip_address(address)], plain=plain
        )
    except DestinationRefused:
        return False
    return True


def test_on_a_machine_of_ones_own_its_services_are_reached_and_the_plane_is_not(
    session: Session, owner: Person
) -> None:
    path, s = environment(owner, owner.account()), settings()
    assert reaches(session, path, "127.0.0.1", s.tunnel_proxy_port, plain=True)
    assert reaches(session, path, "127.0.0.1", 3000, plain=True)
    assert reaches(session, path, "93.184.216.34", 80, plain=True)
    own = (
        s.api_port,
        s.ingress_port,
        s.admin_port,
        s.relay_port,
        s.environment_ports_from,
        s.environment_ports_from + 1,
    )
    assert not any(reaches(session, path, "127.0.0.1", port, plain=True) for port in own)
    assert not reaches(session, path, "10.0.0.1")
    assert not reaches(session, path, "169.254.169.254", 80, plain=True)


def test_in_loopback_mode_for_others_the_hosts_own_services_are_not_theirs(
    session: Session, owner: Person, configured: Callable[..., None]
) -> None:
    configured(public_host="cloud.example.com")
    path = environment(owner, owner.account())
    assert not reaches(session, path, "127.0.0.1", 3000, plain=True)
    assert reaches(session, path, "93.184.216.34", 443)
    assert not reaches(session, path, "93.184.216.34", 80, plain=True)
    assert owner.get(f"{path}/outbound-policy").json()["defaults"]["plainHttp"] is False


@pytest.mark.usefixtures("production")
def test_in_production_only_the_internet_and_only_by_https(session: Session, owner: Person) -> None:
    path = environment(owner, owner.account())
    assert reaches(session, path, "93.184.216.34")
    assert not reaches(session, path, "93.184.216.34", 80, plain=True)
    assert not any(reaches(session, path, address) for address in ("127.0.0.1", "10.0.0.1", "::1"))
    shown = owner.get(f"{path}/outbound-policy").json()
    assert shown["defaults"] == {"networks": [], "plainHttp": False, "grantableNetworks": []}
    assert (shown["networks"], shown["hosts"], shown["updatedBy"]) == ([], [], None)


@pytest.mark.usefixtures("production")
def test_an_account_opens_what_its_operator_lets_it(
    session: Session, owner: Person, configured: Callable[..., None]
) -> None:
    configured(outbound_grantable_networks="10.20.0.0/16")
    path = environment(owner, owner.account())
    wanted = {"networks": ["10.20.3.0/24", "10.20.3.0/24"], "hosts": []}

    answer = owner.call("PUT", f"{path}/outbound-policy", json=wanted)

    assert (answer.status_code, answer.json()["networks"]) == (200, ["10.20.3.0/24"])
    assert answer.json()["updatedBy"] == owner.user_id
    assert reaches(session, path, "10.20.3.4", 8080, plain=True)
    assert not reaches(session, path, "10.20.4.4")
    other = environment(owner, path.split("/")[2], "other")
    assert not reaches(session, other, "10.20.3.4")
    owner.call("PUT", f"{path}/outbound-policy", json={})
    assert not reaches(session, path, "10.20.3.4")


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    "wanted",
    [
        {"networks": ["10.0.0.0/8"]},
        {"networks": ["10.20.0.0/15"]},
        {"networks": ["127.0.0.1/32"]},
        {"networks": ["169.254.169.254/32"]},
        {"networks": ["::/0"]},
        {"networks": ["::ffff:10.20.0.1/128"]},
        {"hosts": ["db.corp.example"]},
    ],
)
def test_an_account_opens_nothing_else(owner: Person, configured: Callable[..., None], wanted: object) -> None:
    configured(outbound_grantable_networks="10.20.0.0/16")
    path = environment(owner, owner.account())

    answer = owner.call("PUT", f"{path}/outbound-policy", json=wanted)

    assert (answer.status_code, answer.json()["code"]) == (403, "operator_must_allow")
    assert owner.get(f"{path}/outbound-policy").json()["updatedAt"] is None


def test_metadata_is_not_among_what_may_be_granted(owner: Person) -> None:
    """On a machine of one's own private networks are grantable, and some clouds' metadata has a private address."""
    path = environment(owner, owner.account())
    for network in ("fd00:ec2::254/128", "100.100.100.200/32"):
        answer = owner.call("PUT", f"{path}/outbound-policy", json={"networks": [network]})
        assert answer.json()["code"] == "operator_must_allow"
    assert owner.call("PUT", f"{path}/outbound-policy", json={"networks": ["192.168.7.0/24"]}).status_code == 200


@pytest.mark.usefixtures("production")
def test_an_operator_opens_anything_and_it_stays_when_others_edit(session: Session, signed_up: SignedUp) -> None:
    operator = signed_up("operator")
    account = operator.account()
    path = environment(operator, account)
    users.set_operator(session, operator.email, operator=True)
    session.flush()
    wanted = {"networks": ["10.0.0.0/8"], "hosts": ["*.Corp.example"]}

    made = operator.call("PUT", f"{path}/outbound-policy", json=wanted)

    assert made.json()["hosts"] == ["*.corp.example"]
    admin = signed_up("bob").joins(account, Role.ADMIN)

    assert admin.call("PUT", f"{path}/outbound-policy", json={"networks": ["10.0.0.0/8"]}).status_code == 200
    assert admin.call("PUT", f"{path}/outbound-policy", json={"hosts": ["*.corp.example"]}).status_code == 403
    assert reaches(session, path, "10.0.0.1")


@pytest.mark.parametrize("wrong", [
    {"networks": ["10.0.0.1/8"]}, {"networks": ["ten"]}, {"networks": ["10.0.0.0/33"]}, {"hosts": ["10.0.0.1"]},
    {"hosts": ["*"]}, {"hosts": ["*.*.example"]}, {"hosts": ["a..example"]}, {"hosts": ["a/b.example"]},
    {"networks": ["10.0.0.0/8"] * 51}, {"network": []},
])  # fmt: skip
def test_what_is_no_network_and_no_name_is_refused(owner: Person, wrong: object) -> None:
    path = environment(owner, owner.account())
    assert owner.call("PUT", f"{path}/outbound-policy", json=wrong).status_code == 422


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.DEVELOPER, 403), (Role.VIEWER, 403)])
def test_administrators_change_it_and_everybody_sees_it(
    owner: Person, signed_up: SignedUp, role: Role, status: int
) -> None:
    account = owner.account()
    path = environment(owner, account)
    bob = signed_up("bob").joins(account, role)
    assert bob.call("PUT", f"{path}/outbound-policy", json={}).status_code == status
    assert bob.get(f"{path}/outbound-policy").status_code == 200


def test_strangers_find_nothing(owner: Person, signed_up: SignedUp) -> None:
    path, eve = environment(owner, owner.account()), signed_up("eve")
    of_eve = path.replace(path.split("/")[2], eve.account("another"))
    for tried in (path, of_eve):
        assert eve.get(f"{tried}/outbound-policy").status_code == 404
        assert eve.call("PUT", f"{tried}/outbound-policy", json={}).status_code == 404


def test_the_kernel_hears_of_names_and_below_a_star_of_those_that_were_admitted() -> None:
    narrow = service.reach(OutboundPolicy(networks=["10.1.0.0/16"], hosts=["db.corp.example"]))
    assert (set(map(str, narrow.networks)) - {"127.0.0.0/8", "::1/128"}, narrow.hosts) == (
        {"10.1.0.0/16"},
        ("db.corp.example",),
    )
    admitted = ["a.corp.example", "corp.example", "db.corp.example", "b.a.corp.example", "a.other.example"]
    wide = service.reach(OutboundPolicy(networks=[], hosts=["*.corp.example", "db.corp.example"]), admitted)
    assert wide.networks == service.reach(None).networks
    assert wide.hosts == ("db.corp.example", "a.corp.example", "b.a.corp.example")
    assert service.reach(None).hosts == ()
