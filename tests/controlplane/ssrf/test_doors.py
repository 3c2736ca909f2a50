"""Every address of the corpus at every door behind which somebody would call it: refused before anything is dialled."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from tests.controlplane.ssrf.cases import PUBLIC, ZONE, Case
from tests.controlplane.ssrf.conftest import Dials, NameServer, Tenant

Door = Callable[[Tenant, Case], bool | None]
"""Whether the case came through; null when it cannot be put there."""


def registration(route: str) -> Door:
    return lambda tenant, case: tenant.admitted(route, json.dumps({"uri": case.url}))


def brokers(route: str, template: str) -> Door:
    """The case alone, or behind a broker that may be reached."""

    def knock(tenant: Tenant, case: Case) -> bool | None:
        # A comma would make two brokers of it, an empty one none; a fragment or query is no part of a broker's name.
        if case.broker is None or case.url.startswith("HTTPS"):
            return None
        properties = {"bootstrap.servers": template.format(case.broker)}
        named = {"name": "k"} if route.startswith("POST") else {}
        return tenant.admitted(route, json.dumps({**named, "properties": properties}))

    return knock


def preflight(tenant: Tenant, case: Case) -> bool:
    path = f"/accounts/{tenant.account}/environments/{tenant.environment_id}/preflight"
    answer = tenant.person.post(path, {"uri": case.url})
    return answer.status_code == 200 and (answer.json()["ok"] or len(answer.json()["checks"]) > 3)


def provider(tenant: Tenant, case: Case) -> bool:
    body = {"kind": "oidc", "name": "Corp", "issuer": case.url, "clientId": "c", "clientSecret": "s"}
    answer = tenant.person.post(f"/accounts/{tenant.account}/sso-connections", body)
    assert answer.status_code < 500, (case, answer.text)
    return answer.status_code < 400


def issuer(tenant: Tenant, case: Case) -> bool:
    """Of tokens of CI jobs."""
    path = f"/accounts/{tenant.account}/environments/{tenant.environment_id}/workload-identity-rules"
    body = {"name": "ci", "issuer": case.url, "conditions": {"sub": "x"}, "role": "admin"}
    answer = tenant.person.post(path, body)
    assert answer.status_code < 500, (case, answer.text)
    return answer.status_code < 400


DOORS: dict[str, Door] = {
    "POST /deployments": registration("POST /deployments"),
    "PATCH /deployments": registration("PATCH /deployments/dp_x"),
    "PUT /deployments": registration("PUT /deployments/dp_x"),
    "POST /kafka-clusters": brokers("POST /kafka-clusters", "{}"),
    "POST /kafka-clusters, among others": brokers("POST /kafka-clusters", f"{PUBLIC}:9092, {{}}"),
    "PATCH /kafka-clusters": brokers("PATCH /kafka-clusters/k", "SASL_SSL://{}"),
    "preflight": preflight,
    "single sign-on": provider,
    "tokens of CI jobs": issuer,
}


@pytest.mark.parametrize("name", DOORS)
def test_nothing_of_the_corpus_comes_through(tenant: Tenant, dials: Dials, name_server: NameServer, name: str) -> None:
    name_server.asked.clear()
    outcomes = {f"{case.url!r} ({case.why})": DOORS[name](tenant, case) for case in tenant.found}
    assert [case for case, passed in outcomes.items() if passed] == []
    assert len([passed for passed in outcomes.values() if passed is not None]) >= 60
    assert dials.tried == []
    # So the corpus did come as far as names are asked for.
    assert {"private.example.com", "mixed.example.com", "far.example.com"} <= set(name_server.asked)


@pytest.mark.parametrize("name", [name for name in DOORS if "deployments" in name or "kafka" in name])
def test_the_same_doors_are_open_to_what_is_public(tenant: Tenant, dials: Dials, name: str) -> None:
    for host in (PUBLIC, "public.example.com", "PUBLIC.example.com", "[2606:2800:220:1:248:1893:25c8:1946]"):
        assert DOORS[name](tenant, Case(f"https://{host}:8443", "public")), host
    assert dials.tried == []


def test_a_name_that_changes_its_mind_is_refused_from_then_on(
    tenant: Tenant, dials: Dials, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case("https://rebinding.example.com", "public first")
    monkeypatch.setitem(ZONE, "rebinding.example.com", [("A", PUBLIC)])
    assert DOORS["POST /deployments"](tenant, case)
    monkeypatch.setitem(ZONE, "rebinding.example.com", [("A", "169.254.169.254")])
    assert not any(door(tenant, case) for door in DOORS.values())
    assert dials.tried == []


def test_the_ear_hears(dials: Dials, name_server: NameServer) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 9))
    assert dials.tried == [("127.0.0.1", 9)]


@pytest.fixture
def redirecting() -> Iterator[int]:
    """The port of a server on 127.0.0.2 that sends whoever asks to the plane's own API."""
    answer = b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1234/\r\ncontent-length: 0\r\n\r\n"

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller:
                caller.recv(65536)
                caller.sendall(answer)

    with socket.create_server(("127.0.0.2", 0)) as listener:
        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_what_was_judged_is_dialled_and_no_redirect_followed(
    tenant: Tenant, dials: Dials, name_server: NameServer, redirecting: int, configured: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    configured(outbound_allowed_networks="127.0.0.2/32")
    monkeypatch.setitem(ZONE, "once.example.com", [("A", "127.0.0.2")])
    name_server.asked.clear()
    path = f"/accounts/{tenant.account}/environments/{tenant.environment_id}/preflight"
    answer = tenant.person.post(path, {"uri": f"http://once.example.com:{redirecting}", "useHttp11": True}).json()
    assert not answer["ok"]
    assert set(dials.tried) == {("127.0.0.2", redirecting)}
    # Once for each family: there is no second answer that could be another.
    assert name_server.asked == ["once.example.com"] * 2
