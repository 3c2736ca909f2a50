"""Between tenants, and between a tenant and the plane."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

import httpx2
import pytest

from embedded.layout import locate
from tests.support import machine
from tests.support.cast import Cast, port
from tests.support.plane import Plane
from tests.support.raw import Answer, ask
from tests.system.conftest import Examples

pytestmark = pytest.mark.system

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="engines share the caller's account unless the plane is root's")
ENGINES_OWN = (
    "RESTATE_",
    "LISTEN_",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "AWS_ENDPOINT_URL_",
    "MALLOC_CONF",
    "TMPDIR",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
)


@pytest.fixture(scope="module")
def run(plane: Plane) -> Path:
    """Where the plane's sockets are."""
    return locate(plane.env).run


def engine(plane: Plane, cast: Cast) -> int:
    (pid,) = machine.engines(plane.home, cast.own.label)
    return pid


def test_no_engine_listens_on_tcp(plane: Plane, cast: Cast) -> None:
    pids = machine.engines(plane.home)

    assert len(pids) >= 2
    assert [machine.listening_tcp(pid) for pid in pids] == [[]] * len(pids)
    # The same look does see a listener.
    with socket.create_server(("127.0.0.1", 0)):
        assert len(machine.listening_tcp(os.getpid())) >= 1


def test_database_and_broker_do_not_listen_on_tcp(plane: Plane) -> None:
    for name in ("postgres", "redis"):
        assert machine.listening_tcp(plane.endpoints["pids"][name]) == []


def test_an_engine_knows_nothing_of_the_plane(plane: Plane, cast: Cast) -> None:
    variables = machine.environment_of(engine(plane, cast))

    assert [name for name in variables if not name.startswith(ENGINES_OWN)] == []
    secrets = [path.read_text().strip() for path in (plane.home / "secrets").iterdir()]
    assert not any(secret in value for secret in secrets for value in variables.values())


def test_an_engine_holds_no_descriptor_of_the_plane(plane: Plane, cast: Cast) -> None:
    """Open files: its own directory, its binary, its log, its lock, and devices."""
    own = plane.home / "engines" / cast.own.label
    targets = machine.open_files(engine(plane, cast))
    assert targets
    files = {target for target in targets if target.startswith("/") and not target.startswith(("/dev/", "/memfd:"))}
    allowed = (str(own), str(plane.home / "logs" / "engines"), str(plane.home / "agent" / "keep" / cast.own.label))

    assert {target for target in files if not target.startswith(allowed) and "restate-server" not in target} == set()


def test_directories_and_sockets_are_closed(plane: Plane, run: Path, cast: Cast) -> None:
    modes = {
        plane.home / "secrets": 0o700,
        plane.home / "engines" / cast.own.label: 0o700,
        plane.home / "engines" / cast.own.label / "identity.pem": 0o600,
        plane.home / "agent" / "specs" / f"{cast.own.label}.json": 0o600,
        plane.home / "edge" / "tables.sqlite3": 0o600,
        run / "api-internal.sock": 0o600,
        run / "agent.sock": 0o600,
        run / "edge" / "control": 0o700,
        run / "e" / cast.own.label / "i.sock": 0o600,
        run / "e" / cast.own.label / "a.sock": 0o600,
        run / "pg": 0o700,
        run / "redis": 0o700,
    }
    assert {path: oct(stat.S_IMODE(path.stat().st_mode)) for path in modes} == {p: oct(m) for p, m in modes.items()}
    for secret in (plane.home / "secrets").iterdir():
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@as_root
def test_every_engine_has_an_account_of_its_own(plane: Plane, cast: Cast) -> None:
    found = [fields for pid in machine.engines(plane.home) if (fields := machine.status_of(pid))]
    uids = [fields["Uid"].split()[0] for fields in found]

    assert len(set(uids)) == len(uids) > 1
    assert "0" not in uids
    for fields in found:
        assert fields["Groups"].strip() == ""
        assert int(fields["CapEff"], 16) == 0
        assert len(set(fields["Uid"].split())) == len(set(fields["Gid"].split())) == 1


@as_root
def test_an_engine_leaves_nothing_outside_its_directory(plane: Plane, cast: Cast) -> None:
    found = [machine.status_of(pid) for pid in machine.engines(plane.home)]
    uids = {int(fields["Uid"].split()[0]) for fields in found if fields}
    began = (plane.home / "secrets").stat().st_ctime
    left = [
        path for place in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(place).iterdir() if of(path, uids, began)
    ]

    assert left == []


def of(path: Path, uids: set[int], began: float) -> bool:
    """Whether it was made by one of these accounts since then; others' files may vanish meanwhile."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return found.st_uid in uids and found.st_ctime >= began


@as_root
def test_one_engines_account_reaches_nothing_of_another_or_of_the_plane(plane: Plane, run: Path, cast: Cast) -> None:
    (other,) = machine.engines(plane.home, cast.other.label)
    uid, label = Path(f"/proc/{other}").stat().st_uid, cast.own.label
    own = plane.home / "engines" / label
    readable = [own / "identity.pem", plane.home / "secrets" / "master.key", plane.home / "edge" / "tables.sqlite3",
                plane.home / "agent" / "specs" / f"{label}.json", plane.home / "endpoints.json",
                plane.home / "logs" / "api.log", Path(f"/proc/{engine(plane, cast)}/environ")]  # fmt: skip
    sockets = [run / "e" / label / "i.sock", run / "e" / label / "a.sock", own / "engine" / "fabric.sock",
               run / "api-internal.sock", run / "agent.sock", run / "edge" / "control" / "ctl.sock",
               run / "pg" / ".s.PGSQL.5432", run / "redis" / "r.sock"]  # fmt: skip
    for path in (*readable, *sockets):
        assert path.exists(), path

    assert {path: machine.as_account(uid, path.read_bytes) for path in readable} == dict.fromkeys(
        readable, "PermissionError"
    )
    outcomes = {path: machine.as_account(uid, lambda path=path: machine.connect(path)) for path in sockets}  # type: ignore[misc]
    assert outcomes == dict.fromkeys(sockets, "PermissionError")
    assert machine.as_account(uid, lambda: list(own.iterdir())) == "PermissionError"
    # The same way does lead to what is its own.
    assert machine.as_account(uid, (plane.home / "engines" / cast.other.label / "identity.pem").read_bytes) in (
        "done",
        "PermissionError",
    )


def test_the_internal_api_wants_a_runners_credential(run: Path, cast: Cast) -> None:
    transport = httpx2.HTTPTransport(uds=str(run / "api-internal.sock"))
    with httpx2.Client(base_url="http://internal", transport=transport, timeout=60) as client:
        for token in (*cast.tokens.values(), "", "x"):
            headers = {"authorization": f"Bearer {token}"} if token else {}
            for path in ("specs", f"specs/{cast.own.environment_id}", "edge/snapshot", "edge/changes?after=0"):
                assert client.get(f"/internal/v1/{path}", headers=headers).status_code == 401
            for path in ("reports", "heartbeat", "edge/usage"):
                assert client.post(f"/internal/v1/{path}", json={"items": []}, headers=headers).status_code == 401


def test_a_tenants_engine_gets_nothing_out_of_the_plane(plane: Plane, cast: Cast) -> None:
    """An engine calls any address it is told: it is not told those of the plane, in no spelling, with no header."""
    ends = plane.endpoints
    ports = [port(ends["apiUrl"]), ends["ingressPort"], ends["adminPort"], port(cast.own.admin_url),
             port(cast.other.ingress_url), port(cast.other.admin_url)]  # fmt: skip
    headers = {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost", "x-real-ip": "127.0.0.1"}
    for number in ports:
        for prefix in ("", "/internal/v1", "/api/v1", "/query", "/cloud", "/services/x"):
            uri = f"http://127.0.0.1:{number}{prefix}"
            body = {"uri": uri, "additional_headers": headers, "use_http_11": True}
            answer = ask(port(cast.own.admin_url), "POST", "/deployments", cast.tokens["admin key"], body)
            assert answer.status == 422, f"{uri}: {answer}"
            assert "this plane itself" in answer.message, f"{uri}: {answer}"
    for uri in (f"unix:{plane.home}", "file:///etc/passwd", "unix:/proc/self/cwd/engine/admin.sock"):
        assert (
            ask(port(cast.own.admin_url), "POST", "/deployments", cast.tokens["admin key"], {"uri": uri}).status >= 400
        )
    listed = ask(port(cast.own.admin_url), "GET", "/deployments", cast.tokens["admin key"])
    assert json.loads(listed.body)["deployments"] == []


def test_the_plane_works_on_after_engines_were_aimed_at_it(plane: Plane) -> None:
    assert httpx2.get(f"{plane.api_url}/readyz", timeout=60).status_code == 200


@pytest.mark.parametrize("name", ["full key", "ingress key", "owner member"])
def test_somebody_elses_host_opens_nothing(name: str, cast: Cast, shared: dict[str, int]) -> None:
    def at(host: str, **headers: str) -> Answer:
        return ask(shared["ingress"], "GET", "/restate/health", cast.tokens[name], host=host, headers=headers)

    zone = "env.local.restate.localhost"
    assert at(f"{cast.own.label}.{zone}").status == 200
    assert at(f"{cast.other.label}.{zone}").status == 403
    for spoof in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Http-Host-Override", "Forwarded"):
        assert at(f"{cast.other.label}.{zone}", **{spoof: f"{cast.own.label}.{zone}"}).status == 403
    for host in ("", "localhost", "127.0.0.1", f"{cast.own.label}", f"x.{cast.own.label}.{zone}", "0" * 27 + f".{zone}",
                 f"{cast.own.label.upper()}-.{zone}"):  # fmt: skip
        assert at(host).status in (400, 403, 404), host
    # On an environment's own port the port decides, whatever the host says.
    foreign = ask(
        port(cast.other.ingress_url), "GET", "/restate/health", cast.tokens[name], host=f"{cast.own.label}.{zone}"
    )
    assert foreign.status == 403


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Basic a2V5OmtleQ=="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer x\ty"},
        {"X-Api-Key": "KEY"},
        {"Proxy-Authorization": "Bearer KEY"},
        {"Cookie": "authorization=Bearer KEY; rc_session=KEY"},
        {"X-Restate-Api-Key": "KEY"},
        {"Authorization": "Bearer KEYx"},
        {"Authorization": "Bearer " + "x" * 7000},
    ],
)
def test_only_a_bearer_token_counts(header: dict[str, str], cast: Cast) -> None:
    key = cast.tokens["full key"] or ""
    sent = {name: value.replace("KEY", key) for name, value in header.items()}

    assert ask(port(cast.own.ingress_url), "GET", "/restate/health", headers=sent).status == 401
    assert ask(port(cast.own.ingress_url), "GET", "/restate/health", key).status == 200


def test_a_key_in_the_query_string_is_no_key(cast: Cast) -> None:
    for name in ("token", "access_token", "api_key", "authorization"):
        target = f"/restate/health?{name}={cast.tokens['full key']}"
        assert ask(port(cast.own.ingress_url), "GET", target).status == 401


def test_two_credentials_are_not_mixed(cast: Cast) -> None:
    """A second Authorization header must neither be preferred nor be forwarded: nginx refuses the request."""
    key = cast.tokens["full key"]
    with socket.create_connection(("127.0.0.1", port(cast.own.ingress_url)), timeout=30) as client:
        lines = [
            "GET /restate/health HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {key}",
            "Authorization: Bearer no",
            "",
            "",
        ]
        client.sendall("\r\n".join(lines).encode())
        assert client.recv(4096).split(b" ")[1] == b"400"


def test_a_body_over_the_limit_is_refused_before_it_is_sent(cast: Cast) -> None:
    """Declared too long: refused at once. Of unknown length: cut where the engine's own limit is."""
    assert declaring(cast, "Content-Length: 99999999").startswith(b"HTTP/1.1 413")
    assert ask(port(cast.own.ingress_url), "GET", "/restate/health", cast.tokens["full key"]).status == 200


def declaring(cast: Cast, header: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port(cast.own.ingress_url)), timeout=30) as client:
        key = cast.tokens["full key"]
        client.sendall(f"POST /svc/h HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{header}\r\n\r\n".encode())
        return client.recv(4096)


def test_what_a_caller_claims_about_itself_does_not_reach_a_service(examples: Examples) -> None:
    claims = {
        "x-restate-signature-scheme": "v9",
        "x-restate-jwt-v1": "forged",
        "x-restate-cluster-name": "forged",
        "x-forwarded-for": "203.0.113.7",
        "x-real-ip": "203.0.113.7",
        "forwarded": "for=203.0.113.7",
        "proxy-authorization": "Bearer forged",
        "cookie": "rc_session=forged",
        "x-mine": "kept",
    }

    seen = examples.caller.ingress("POST", "/echo/headers", headers=claims).json()

    by_caller, by_engine = seen["sentByCaller"], seen["sentByEngine"]
    assert by_caller["x-mine"] == "kept"
    assert not any(value in ("v9", "forged") or "203.0.113.7" in value for value in by_caller.values())
    assert "authorization" not in by_caller
    assert by_engine["x-restate-signature-scheme"] == "v1"
