"""A real agent and a real engine on a host of their own: the rules come before engines, stay when the agent goes, and
follow what the control plane says.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import httpx2
import pytest

from envrunner.egress import nft
from envrunner.egress.guard import EgressGuard
from envrunner.engine.accounts import EngineAccounts
from envrunner.keep import stop_all
from envrunner.wire import Desired, EgressState, Outbound, Spec
from tests.envrunner import nodes
from tests.envrunner.nodes import IS_ROOT
from tests.envrunner.specs import spec
from tests.envrunner.waiting import until
from tests.support.two_networks import Listeners, TwoNetworks, dialled

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="only root makes networks, and gives engines accounts")

PUBLIC, PRIVATE, NAME = "93.184.216.34", "10.20.0.5", "service.example.com"
NOTHING = Outbound(
    networks=(), refused_networks=(), refused_ports=(8000,), tunnel_proxy=f"http://tunnel.example.com:{443}"
)
ALLOWED = NOTHING.model_copy(update={"networks": (ip_network("10.20.0.0/16"),)})


class Host(nodes.Node):
    """A node whose processes have a network of their own."""

    def __init__(self, home: Path, networks: TwoNetworks, hosts: Path) -> None:
        super().__init__(home, egress_names_seconds=0.05)
        self.networks, self.hosts = networks, hosts

    def start(self, command: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{command}.log").open("ab") as log:
            argv = self.networks.host.argv(sys.executable, "-m", "envrunner", command)
            return subprocess.Popen(argv, env=self.environ(), stdout=log, stderr=log)

    def name(self, **addresses: str) -> None:
        """/etc/hosts, as engines and the agent read it."""
        lines = [f"{address} {name}.example.com" for name, address in addresses.items()]
        self.hosts.write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))

    def uid(self, one: Spec) -> int:
        found = EngineAccounts(self.settings.state_dir).of(one.label)
        assert found is not None
        return found

    def reaches(self, one: Spec, address: str) -> bool:
        """Whether the engine's account connects."""
        (outcome,) = dialled(self.networks.host, self.uid(one), [(address, 443)])
        assert outcome in {"ok", "ECONNREFUSED"}, outcome
        return outcome == "ok"

    def register(self, one: Spec, uri: str) -> str:
        """What the engine says to ``uri``: nothing here is a service, so it always complains."""
        transport = httpx2.HTTPTransport(uds=str(self.socket(one, "a")))
        with httpx2.Client(transport=transport, base_url="http://engine", timeout=60) as http:
            answer = http.post("/deployments", json={"uri": uri, "use_http_11": True})
        assert answer.status_code >= 400
        return answer.text

    def tables(self) -> str:
        return self.networks.host.run("nft", "list", "tables")


@pytest.fixture
def host() -> Iterator[Host]:
    home = Path(tempfile.mkdtemp(prefix="eg-"))
    hosts = home / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")
    home.chmod(0o711)
    with TwoNetworks(["10.9.9.1"], [PUBLIC, PRIVATE, "10.30.0.5"], hosts) as networks:
        made = Host(home, networks, hosts)
        try:
            made.start_agent()
            yield made
        finally:
            made.kill_agent(signal.SIGTERM)
            stop_all(made.settings.state_dir / "keep", signal.SIGKILL)
            shutil.rmtree(home)


@pytest.fixture
def world(host: Host) -> Iterator[Listeners]:
    with Listeners(host.networks.world, [443]) as made:
        yield made


def guarded(outbound: Outbound | None = NOTHING, number: int = 1) -> Spec:
    return spec(number).model_copy(update={"outbound": outbound})


def test_a_name_that_has_come_to_lead_elsewhere_leads_nowhere(host: Host, world: Listeners) -> None:
    one = guarded()
    host.settle(one)
    host.name(service=PUBLIC)
    host.register(one, f"http://{NAME}:443")
    assert (PUBLIC, 443) in world.accepted()
    before = world.accepted()
    for elsewhere in (PRIVATE, "10.30.0.5"):
        host.name(service=elsewhere)
        assert "refused" in host.register(one, f"http://{NAME}:443").lower()
    assert world.accepted() == before
    with Listeners(host.networks.host, [443]) as plane:
        for elsewhere in ("127.0.0.1", "10.9.9.1"):
            host.name(service=elsewhere)
            assert "refused" in host.register(one, f"http://{NAME}:443").lower()
        assert plane.accepted() == []


def test_what_is_allowed_or_withdrawn_counts_at_once_and_restarts_nothing(host: Host, world: Listeners) -> None:
    one, other = guarded(), guarded(number=2)
    pid = host.settle(one).pid
    host.settle(other)
    assert not host.reaches(one, PRIVATE)
    host.client.put(guarded(ALLOWED))
    assert host.reaches(one, PRIVATE)
    host.register(one, f"http://{PRIVATE}:443")
    assert world.accepted()[-1] == (PRIVATE, 443)
    assert not host.reaches(other, PRIVATE)
    assert not host.reaches(one, "10.30.0.5")
    host.client.put(one)
    assert not host.reaches(one, PRIVATE)
    assert host.settle(one).pid == pid


def test_a_name_that_may_be_called_opens_where_it_leads_and_nothing_beside_it(host: Host, world: Listeners) -> None:
    one = guarded(NOTHING.model_copy(update={"hosts": (NAME,)}))
    host.name(service=PRIVATE)
    host.settle(one)
    assert host.reaches(one, PRIVATE)
    assert not host.reaches(one, "10.30.0.5")
    host.register(one, f"http://{NAME}:443")
    assert world.accepted()[-1] == (PRIVATE, 443)

    host.name(service="10.30.0.5")
    until(lambda: host.client.put(one) and host.reaches(one, "10.30.0.5"))
    assert host.reaches(one, PRIVATE), "connections that are under way go on"

    # It belongs to whoever answers for the name: neither the host itself nor what hands out credentials.
    host.name(service="127.0.0.1")
    host.kill_agent()
    host.start_agent()
    assert host.reaches(one, PRIVATE), "a new agent knows what the old one did"
    host.client.put(one)
    with Listeners(host.networks.host, [443]):
        assert not host.reaches(one, "127.0.0.1")

    host.client.put(guarded(NOTHING))
    assert not host.reaches(one, PRIVATE)
    assert not host.reaches(one, "10.30.0.5")


def test_rules_outlive_the_agent_and_come_before_engines(host: Host, world: Listeners) -> None:
    one = guarded(ALLOWED)
    host.settle(one)
    host.kill_agent()
    assert host.reaches(one, PRIVATE)
    assert not host.reaches(one, "10.30.0.5")
    host.networks.host.run("nft", "flush", "ruleset")
    assert host.reaches(one, "10.30.0.5")
    host.start_agent()
    assert not host.reaches(one, "10.30.0.5")
    until(world.accepted)


@pytest.mark.parametrize("harm", ["flush ruleset", "flush chain inet TABLE output", "delete table inet TABLE"])
def test_they_come_back_when_somebody_removes_them(host: Host, world: Listeners, harm: str) -> None:
    one = guarded(ALLOWED)
    host.settle(one)
    table = host.tables().split()[-1]
    assert host.agent is not None
    # Else its timer might have put them back by then.
    host.agent.send_signal(signal.SIGSTOP)
    host.networks.host.run("nft", *harm.replace("TABLE", table).split())
    assert host.reaches(one, "10.30.0.5")
    host.agent.send_signal(signal.SIGCONT)
    # Whatever a spec says anew has the rules looked at; else a timer does.
    host.client.put(one.model_copy(update={"generation": 2}))
    until(lambda: not host.reaches(one, "10.30.0.5"))
    assert host.reaches(one, PRIVATE)
    until(world.accepted)


def test_the_tunnel_proxy_is_reached_wherever_its_name_leads(host: Host, world: Listeners) -> None:
    host.name(tunnel="10.30.0.5")
    one = guarded()
    host.settle(one)
    until(lambda: host.reaches(one, "10.30.0.5"))
    assert not host.reaches(one, PRIVATE)
    until(lambda: world.accepted() == [("10.30.0.5", 443)])


def test_no_rules_are_loaded_that_do_not_know_the_tunnel_proxy(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new agent must not break off what engines send to it: every packet is judged."""
    loaded: list[str] = []
    monkeypatch.setattr(nft, "load", lambda rules, **_: loaded.append(rules))
    monkeypatch.setattr(nft, "listing", lambda _: None)
    outbound = NOTHING.model_copy(update={"tunnel_proxy": "http://localhost:9443"})
    settings = host.settings.model_copy(update={"state_dir": host.home})
    new = EgressGuard(settings, EngineAccounts(settings.state_dir))
    new.expect([guarded(outbound)])
    new.enforce()
    assert "ip daddr 127.0.0.1 tcp dport 9443 accept" in loaded[0]


def test_the_agent_says_whether_they_are_in_force(host: Host) -> None:
    assert host.client.egress() == EgressState(active=True)
    assert "envrunner_egress_rules 1.0" in host.http.get("/metrics").text
    # Nobody to hold yet: no table.
    assert "restate_engines" not in host.tables()
    host.kill_agent()
    host.settings = host.settings.model_copy(update={"egress_rules": False})
    host.start_agent()
    assert host.client.egress() == EgressState(active=False, reason="ENVRUNNER_EGRESS_RULES switches it off")


def test_they_are_removed_on_request_and_others_stay(host: Host) -> None:
    host.networks.host.run("nft", "-f", "-", given="table inet others {\n}\n")
    one = guarded()
    host.settle(one)
    assert "restate_engines" in host.tables()
    host.client.put(one.model_copy(update={"generation": 2, "desired": Desired.STOPPED}))
    host.kill_agent()
    for _ in range(2):
        assert host.start("remove-egress-rules").wait(60) == 0
        assert host.tables() == "table inet others\n"
