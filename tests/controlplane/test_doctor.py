"""`controlplane doctor`: every check says what is, or what is wrong and what to do."""

import contextlib
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from controlplane import doctor
from controlplane.core import database
from controlplane.settings import settings
from tests.controlplane.node import Node
from tests.support.certificates import Authority

pytestmark = pytest.mark.usefixtures("committed")
Report = Callable[[], tuple[int, dict[str, str]]]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    def run() -> tuple[int, dict[str, str]]:
        status = doctor.report()
        lines = [line.split(": ", 1) for line in capsys.readouterr().out.splitlines()]
        return status, {name.strip(): message for name, message in lines}

    return run


def test_what_is_well_and_what_is_not(report: Report, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    assert node.call("POST", "/heartbeat", json={"engines": 2, "version": "1"}).status_code == 204
    status, lines = report()
    # These tests have no Redis.
    assert status == 1
    assert lines["✗ redis"].startswith("does not answer")
    assert lines["✓ runners"] == "local (2 of 100 engines)"
    assert {"✓ settings", "✓ secrets", "✓ database"} <= lines.keys()
    monkeypatch.setitem(doctor.CHECKS, "redis", lambda: "answers")
    assert report()[0] == 0


def test_a_silent_runner_is_named(report: Report, node: Node, later: Callable[[timedelta], None]) -> None:
    node.call("POST", "/heartbeat", json={"engines": 2, "version": "1"})
    later(timedelta(minutes=2))
    assert "start `envrunner worker` there" in report()[1]["✗ runners"]


def test_no_runner_at_all(report: Report) -> None:
    assert "controlplane init" in report()[1]["✗ runners"]


def test_a_secret_that_others_can_read_is_named(report: Report) -> None:
    path = settings().secrets_dir / "master.key"
    path.chmod(0o644)
    assert "master.key" in report()[1]["✗ secrets"]
    path.chmod(0o600)
    assert "✓ secrets" in report()[1]


def test_a_database_that_is_away_is_one_line(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    away = settings().model_copy(update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    monkeypatch.setattr(database, "settings", lambda: away)
    for cached in (database.engine, database._sessions):
        cached.cache_clear()
    status, lines = report()
    for cached in (database.engine, database._sessions):
        cached.cache_clear()
    assert status == 1
    assert {"✗ database", "✗ runners"} <= lines.keys()


@pytest.mark.parametrize(
    ("public_url", "names", "days", "well", "said"),
    [
        ("https://cloud.example.com", ["cloud.example.com"], 30, True, "cloud.example.com, until"),
        ("https://cloud.example.com", ["other.example.com"], 30, False, "is for other.example.com, not cloud"),
        ("https://cloud.example.com", ["cloud.example.com"], 3, False, "no restart is needed"),
        ("https://cloud.example.com", ["cloud.example.com"], -1, False, "expired on"),
        ("http://cloud.example.com", ["cloud.example.com"], 30, False, "CONTROLPLANE_PUBLIC_URL"),
    ],
)
def test_the_certificate(
    report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, public_url: str, names: list[str], days: int,
    well: bool, said: str,
) -> None:  # fmt: skip
    certificate, key = Authority(tmp_path).issue(names, days=days)
    changed = {"public_url": public_url, "tls_certificate": certificate, "tls_key": key}
    with_tls = settings().model_copy(update=changed)
    monkeypatch.setattr(doctor, "settings", lambda: with_tls)
    assert said in report()[1]["✓ tls" if well else "✗ tls"]


def test_a_certificate_that_is_not_there(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = {"tls_certificate": tmp_path / "none.pem", "tls_key": tmp_path / "none.key"}
    with_tls = settings().model_copy(update=changed)
    monkeypatch.setattr(doctor, "settings", lambda: with_tls)
    assert "none.pem" in report()[1]["✗ tls"]


@pytest.mark.parametrize(
    ("egress", "loopback", "name", "said"),
    [
        ({"active": True}, "false", "✓ outbound", "by the kernel's rules on every runner"),
        ({"active": False, "reason": "there is no nft"}, "true", "✓ outbound", "not by the kernel on local (there is"),
        ({"active": False, "reason": "there is no nft"}, "false", "✗ outbound", "local (there is no nft)"),
        (None, "false", "✗ outbound", "it has not said why"),
    ],
)
def test_whether_the_kernel_holds_engines(
    report: Report, node: Node, configured: Callable[..., None], egress: object, loopback: str, name: str, said: str
) -> None:
    configured(loopback_mode=loopback)
    beat = {"engines": 2, "version": "1"} | ({"egress": egress} if egress else {})
    assert node.call("POST", "/heartbeat", json=beat).status_code == 204
    assert said in report()[1][name]


def test_a_relay_on_another_host_is_said_to_be_none_here(report: Report) -> None:
    assert report()[1]["✓ relay"].startswith("none on this host")


@pytest.mark.parametrize(
    ("healthz", "said"),
    [
        ('{"status": "ok", "compiled": true, "interpretedBecause": null}', "runs in machine code"),
        ('{"status": "ok", "compiled": false, "interpretedBecause": "install gcc [x]."}', "a call: install gcc [x]."),
        ('{"status": "ok"}', "it is of an older release"),
        ("nonsense", "if one belongs on this host, script/up starts it"),
        (None, "if one belongs on this host, script/up starts it"),
    ],
)
def test_in_which_form_the_relay_runs(
    report: Report, configured: Callable[..., None], healthz: str | None, said: str
) -> None:
    with tempfile.TemporaryDirectory(prefix="relay-") as run:
        configured(run_dir=run)
        with relay(Path(run) / "relay.sock", healthz) if healthz else contextlib.nullcontext():
            assert said in report()[1]["✓ relay"]


@contextlib.contextmanager
def relay(socket: Path, healthz: str) -> Iterator[None]:
    """One that says this of itself."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/healthz"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(healthz.encode())

        def log_message(self, *_: object) -> None:
            pass

        def address_string(self) -> str:
            return "unix"

    with socketserver.ThreadingUnixStreamServer(str(socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield
        server.shutdown()
        thread.join()
