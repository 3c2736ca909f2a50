"""What an engine may be given: asked by the edge before the call is passed on, answered before anything is dialled."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from controlplane.core.ids import LENGTH, label
from controlplane.core.outbound import place
from controlplane.settings import settings
from tests.controlplane.admission.edge import FUNCTION, PUBLIC, ROLE, Edge, register
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp


def test_services_of_ones_own_machine_and_of_the_internet_are_registered(edge: Edge) -> None:
    for uri in ("http://127.0.0.1:9080", "http://localhost:3000/", f"https://{PUBLIC}/a?b=c", f"http://{PUBLIC}:8080"):
        assert register(edge, uri) == ""
    everything = {
        "uri": "http://127.0.0.1:9080", "additional_headers": {"a": "b"}, "metadata": {}, "use_http_11": True,
        "auth": None, "breaking": False, "force": True, "dry_run": True,
    }  # fmt: skip
    assert edge("POST /deployments", everything) is None


def test_the_planes_own_ports_are_nobodys_service(edge: Edge) -> None:
    s = settings()
    for port in (s.api_port, s.ingress_port, s.admin_port, s.relay_port, s.environment_ports_from):
        for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0"):
            assert "this plane itself" in register(edge, f"http://{host}:{port}/")


CORPUS = [
    "http://10.0.0.1", "http://172.31.255.255", "http://192.168.0.1", "http://100.64.0.1", "http://169.254.169.254",
    "http://169.254.169.254/latest/meta-data/", "https://169.254.170.2", "http://[fd00:ec2::254]", "http://[fe80::1]",
    "http://[fc00::1]", "http://[ff02::1]", "http://[::ffff:10.0.0.1]", "http://[::ffff:a9fe:a9fe]", "http://224.0.0.1",
    "http://[64:ff9b::a00:1]", "http://[64:ff9b::a9fe:a9fe]", "http://[2002:a00:1::]", "http://[2002:7f00:1::1]",
    "http://168.63.129.16", "http://100.100.100.200", "http://192.0.0.192", "http://198.18.0.1", "http://240.0.0.1",
    "http://255.255.255.255", "http://192.0.2.1", "http://[2001:db8::1]", "http://[::127.0.0.1]", "http://[fec0::1]",
    "http://2130706433", "http://0x7f000001", "http://017700000001", "http://127.1", "http://0177.0.0.1", "http://10.1",
    "http://0xa9fea9fe", "http://2852039166", "http://0xa9.254.169.254", "http://169.254.43518",
    "http://127.0.0.1.nip.0x1",
    "http://user@10.0.0.1", "http://93.184.216.34@10.0.0.1", "http://10.0.0.1#@93.184.216.34/",
    "http://10.0.0.1\\@93.184.216.34/", "http://93.184.216.34\\@10.0.0.1/", "http://10.0.0.1%2f@x/",
    "http://\u2460\u2461\u2466.0.0.1", "http://\uff11\uff12\uff17.0.0.1", "http://10.0.0.1\t",
    " http://10.0.0.1", "http://1\t0.0.0.1",
    "http://10.0.0.1:80:80", "http://10.0.0.1:99999", "http://[::1", "http://[::1]x", "http://[fe80::1%25eth0]",
    "HTTP://10.0.0.1", "//10.0.0.1", "10.0.0.1:80", "unix:/run/x.sock", "file:///etc/passwd", "gopher://10.0.0.1",
    "tunnel://laptop:9081", "http://", "https://", "http:///x", "http://nowhere.invalid",
    "https://a.env.local.restate.localhost", "http://x.restate.localhost.", "https://RESTATE.localhost",
]  # fmt: skip


@pytest.mark.parametrize("uri", CORPUS)
def test_what_must_not_be_reached(edge: Edge, uri: str) -> None:
    assert register(edge, uri)
    assert edge("PATCH /deployments/dp_x", {"uri": uri})
    assert edge("PUT /deployments/dp_x", {"uri": uri})


def test_refusals_say_what_to_do(edge: Edge) -> None:
    assert "--tunnel-name" in register(edge, "http://10.0.0.1")
    assert "does not resolve (DNS)" in register(edge, "http://nowhere.invalid")


@pytest.mark.parametrize("to", ["10.0.0.1", "169.254.169.254", "0.0.0.0"])
def test_a_name_is_judged_by_where_it_leads_now(edge: Edge, names: dict[str, str], to: str) -> None:
    names["rebinding.example"] = PUBLIC
    assert register(edge, "https://rebinding.example") == ""
    names["rebinding.example"] = to
    port = settings().api_port
    assert f"leads to {to}" in register(edge, f"https://rebinding.example:{port}")


@pytest.mark.usefixtures("production")
def test_in_production_https_and_the_internet_only(edge: Edge) -> None:
    assert register(edge, f"https://{PUBLIC}") == ""
    assert "Use https" in register(edge, f"http://{PUBLIC}")
    for uri in ("https://127.0.0.1:9080", "https://localhost", "http://[::1]"):
        assert "is not a public address" in register(edge, uri)


@pytest.mark.parametrize("loopback", ["true", "false"])
def test_an_environment_has_its_own_tunnels_and_nobody_elses(
    signed_up: SignedUp, node: Node, configured: Callable[..., None], loopback: str
) -> None:
    configured(loopback_mode=loopback)
    ada = signed_up()
    made = ada.post(f"/accounts/{ada.account()}/environments", {"name": "dev"}).json()
    edge, proxy = Edge(node, made["environmentId"]), made["proxyBaseUrl"]
    own, other = label(made["environmentId"]), "z" * LENGTH
    assert register(edge, f"{proxy}/{own}/laptop/http/10.0.0.1/9080/") == ""
    assert "another environment's tunnel" in register(edge, f"{proxy}/{other}/laptop/http/localhost/9080/")
    if loopback == "false":
        assert register(edge, f"{proxy}/metrics")
        assert register(edge, f"{proxy.replace('https', 'http')}/{own}/laptop/http/localhost/9080/")


BAD_BODIES = [
    "", "null", "[]", '"x"', "{", '{"uri": "https://93.184.216.34", "uri": "http://10.0.0.1"}', "[" * 100_000,
    '{"uri": 1}', '{"uri": ["https://93.184.216.34"]}', "{}", '{"uri": "https://93.184.216.34", "URI": "http://10.0.0.1"}',
    '{"uri": "https://93.184.216.34", "http": {"uri": "http://10.0.0.1"}}', '{"uri": "https://93.184.216.34"} {}',
    '{"uri": "https://93.184.216.34", "u\\u0072i": "http://10.0.0.1"}', "\x1f\x8b", '{"uri": null}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES)
def test_what_could_be_read_in_two_ways_is_refused(edge: Edge, body: str) -> None:
    assert edge("POST /deployments", body)


def test_the_hosts_own_identities_are_nobodys(edge: Edge, configured: Callable[..., None]) -> None:
    configured(aws_principal_role_arn="arn:aws:iam::654654156625:role/RestateCloud")
    assert edge("POST /deployments", {"arn": FUNCTION, "assume_role_arn": ROLE}) is None
    token = {"uri": f"https://{PUBLIC}", "auth": {"GoogleIdToken": {}}}
    for route in ("POST /deployments", "PATCH /deployments/dp_x"):
        assert "--assume-role-arn" in (edge(route, {"arn": FUNCTION}) or "")
        assert "--assume-role-arn" in (edge(route, {"arn": FUNCTION, "assume_role_arn": None}) or "")
        assert "Google ID tokens" in (edge(route, token) or "")
        own = {"arn": FUNCTION, "assume_role_arn": settings().aws_principal_role_arn}
        assert "a role of yours" in (edge(route, own) or "")
        administrator = "arn:aws:iam::654654156625:role/Administrator"
        assert "own AWS account" in (edge(route, {"arn": FUNCTION, "assume_role_arn": administrator}) or "")
        china = {"arn": FUNCTION, "assume_role_arn": ROLE.replace("arn:aws:", "arn:aws-cn:")}
        assert "partition" in (edge(route, china) or "")
        china = {"arn": FUNCTION.replace("arn:aws:", "arn:aws-cn:"), "assume_role_arn": ROLE}
        assert "arn:aws:lambda:…" in (edge(route, china) or "")
        china["arn"] = china["arn"].replace("us-west-2", "cn-north-1")
        assert "no role reaches so far" in (edge(route, china) or "")
        assert edge(route, {"arn": FUNCTION, "assume_role_arn": ROLE, "uri": f"https://{PUBLIC}"})
    assert edge("PATCH /deployments/dp_x", {"assume_role_arn": None})
    assert edge("PATCH /deployments/dp_x", {"assume_role_arn": ROLE}) is None
    assert edge("PATCH /deployments/dp_x", {"overwrite": True, "additional_headers": {"a": "b"}}) is None


def test_roles_below_the_operators_path_are_customers_too(edge: Edge, configured: Callable[..., None]) -> None:
    configured(
        aws_principal_role_arn="arn:aws:iam::654654156625:role/RestateCloud", aws_own_account_role_path="/invokers/"
    )
    for name, admitted in (("invokers/Greeter", True), ("invokersX", False), ("Administrator", False)):
        role = f"arn:aws:iam::654654156625:role/{name}"
        assert (edge("POST /deployments", {"arn": FUNCTION, "assume_role_arn": role}) is None) == admitted, name


def test_without_an_identity_in_aws_it_is_the_operators_turn(edge: Edge) -> None:
    found = edge("POST /deployments", {"arn": FUNCTION, "assume_role_arn": ROLE}) or ""
    assert "Ask its operator to set CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN" in found


def test_a_function_without_version_is_told_how_to_name_one(edge: Edge) -> None:
    found = edge("POST /deployments", {"arn": FUNCTION[:-2], "assume_role_arn": ROLE}) or ""
    assert f"{FUNCTION[:-2]}:<version>" in found
    assert ":$LATEST" in found


@pytest.mark.parametrize(
    "arn", [FUNCTION[:-2], "x", FUNCTION.replace("us-west-2", "us-west-2.evil.example#"), 1, ["x"]]
)
def test_what_is_no_functions_arn(edge: Edge, arn: object) -> None:
    assert edge("POST /deployments", {"arn": arn, "assume_role_arn": ROLE})


def test_an_account_waits_at_half_of_all_places_whatever_environments_it_has(
    edge: Edge, signed_up: SignedUp, node: Node
) -> None:
    bob = signed_up("bob")
    other = bob.post(f"/accounts/{bob.account('bob')}/environments", {"name": "dev"}).json()["environmentId"]
    ask = {"route": "POST /deployments", "body": json.dumps({"uri": f"https://{PUBLIC}"})}
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(place("admission", 8, tenant=edge.account_id))
        answers = [
            node.call("POST", "/admission", json={**ask, "environmentId": one}) for one in (edge.environment_id, other)
        ]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert register(edge, f"https://{PUBLIC}") == ""


@pytest.mark.parametrize(
    "route", ["GET /deployments", "POST /deployments/", "POST /v3/deployments", "", "PATCH /deployments/a/b"]
)
def test_what_is_not_known_is_not_admitted(edge: Edge, route: str) -> None:
    assert edge(route, {"uri": f"https://{PUBLIC}"})


def test_only_this_runners_environments(edge: Edge, node: Node) -> None:
    ask = {"environmentId": "env_unknown", "route": "POST /deployments", "body": "{}"}
    assert node.call("POST", "/admission", json=ask).status_code == 404
    assert node.client.post("/internal/v1/admission", json=ask).status_code == 401


def test_nothing_of_a_body_is_logged(edge: Edge, capfd: pytest.CaptureFixture[str]) -> None:
    edge("POST /deployments", {"uri": "http://10.0.0.1", "additional_headers": {"authorization": "Bearer hidden-word"}})
    assert "hidden-word" not in "".join(capfd.readouterr())
