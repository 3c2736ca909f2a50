"""What is wrong with a host is said in words, by the step at which an engine would stumble."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from controlplane.preflight import dialling, endpoint, http2
from controlplane.settings import settings
from tests.controlplane.preflight.conftest import Trier
from tests.controlplane.preflight.servers import MANIFEST, answering, buffering, hosted, old_http, saying
from tests.support.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """One that this machine trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    return made


def test_a_name_that_does_not_resolve(trier: Trier) -> None:
    found = trier("https://nowhere.invalid/x")
    assert (found["failed"], "does not resolve (DNS)" in found["dns"]) == ("dns", True)


def test_a_port_where_nothing_listens(trier: Trier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "refuses the connection (TCP)" in found["tcp"]) == ("tcp", True)


def test_good_tls(trier: Trier, authority: Authority) -> None:
    with hosted(answering(), authority.issue(["localhost"])) as port:
        found = trier(f"https://localhost:{port}")
    assert (found["failed"], found["http_version"]) == (None, "It speaks HTTP/2.")
    assert "valid certificate" in found["tls"]


@pytest.mark.parametrize(
    ("names", "days", "words"),
    [(["localhost"], -1, "has expired"), (["another.example"], 30, "for another host name")],
)
def test_bad_certificates(trier: Trier, authority: Authority, names: list[str], days: int, words: str) -> None:
    with hosted(answering(), authority.issue(names, days=days)) as port:
        found = trier(f"https://localhost:{port}")
    assert (found["failed"], words in found["tls"]) == ("tls", True), found


def test_a_certificate_nobody_knows(trier: Trier, tmp_path: Path) -> None:
    with hosted(answering(), Authority(tmp_path).issue(["localhost"])) as port:
        found = trier(f"https://localhost:{port}")
    assert (found["failed"], "issuer is not known" in found["tls"]) == ("tls", True), found


def test_a_self_signed_certificate(trier: Trier, tmp_path: Path) -> None:
    own = Authority(tmp_path)
    key = own.directory / "root.key"
    key.write_bytes(own.key_pem())
    with hosted(answering(), (own.certificate, key)) as port:
        found = trier(f"https://localhost:{port}")
    assert (found["failed"], "is self-signed" in found["tls"]) == ("tls", True), found


@pytest.mark.parametrize("greeting", [b"SSH-2.0-x\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_no_tls_at_all(trier: Trier, greeting: bytes) -> None:
    with saying(greeting) as port:
        found = trier(f"https://localhost:{port}")
    assert (found["failed"], "speaks no TLS. Is it an http:// service?" in found["tls"]) == ("tls", True), found


def test_http1_only(trier: Trier) -> None:
    with old_http() as port:
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "--use-http1.1" in found["http_version"]) == ("http_version", True), found


def test_http1_as_it_would_be_registered(trier: Trier) -> None:
    answer = json.dumps(MANIFEST | {"protocolMode": "REQUEST_RESPONSE"}).encode()
    with old_http(body=answer) as port:
        found = trier(f"http://127.0.0.1:{port}", useHttp11=True)
    assert (found["failed"], "request-response" in found["protocol_mode"]) == (None, True), found


def test_bidirectional_needs_http2(trier: Trier) -> None:
    with old_http() as port:
        found = trier(f"http://127.0.0.1:{port}", useHttp11=True)
    assert (found["failed"], "needs HTTP/2 all the way" in found["protocol_mode"]) == ("protocol_mode", True), found


def test_neither_version(trier: Trier) -> None:
    with saying(b"SSH-2.0-x\r\n") as port:
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "neither HTTP/2 nor HTTP/1.1" in found["http_version"]) == ("http_version", True), found


def test_silence(trier: Trier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "SECONDS", 0.5)
    monkeypatch.setattr(dialling, "CONNECT_SECONDS", 0.5)
    with saying(b"") as port:
        plain, secure = trier(f"http://127.0.0.1:{port}"), trier(f"https://127.0.0.1:{port}")
    assert "does not answer in time" in plain["http_version"]
    assert "does not answer to TLS" in secure["tls"]


def test_bidirectional_on_a_host_that_buffers(trier: Trier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http2, "_LEAST_PATIENCE", 0.5)
    with hosted(buffering(answering())) as port:
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "calls would stall" in found["streaming"]) == ("streaming", True), found


def test_request_response_on_a_host_that_buffers_is_well(trier: Trier) -> None:
    answer = json.dumps(MANIFEST | {"protocolMode": "REQUEST_RESPONSE"}).encode()
    with hosted(buffering(answering(body=answer))) as port:
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "streaming" in found) == (None, False), found


OTHERS = {
    "a page": ({"headers": {"content-type": "text/html"}, "body": b"<p>secret</p>"}, "no Restate endpoint"),
    "JSON of its own": ({"headers": {"content-type": "application/json"}, "body": b'{"services": []}'}, "no Restate"),
    "half a manifest": ({"body": b'{"services": [{"name": "secr'}, "no Restate endpoint"),
    "a deep one": ({"body": b"[" * 100_000}, "no Restate endpoint"),
    "another path": ({"status": 404, "body": b"secret"}, "HTTP status 404"),
    "an error": ({"status": 500, "body": b"secret"}, "HTTP status 500"),
    "a redirect": ({"status": 302, "headers": {"location": "http://127.0.0.1/secret"}}, "follows no redirect"),
    "too much": ({"body": b" " * 2_000_000}, "more than 1048576 bytes"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_restate_endpoint(trier: Trier, name: str) -> None:
    answer, words = OTHERS[name]
    with hosted(answering(**answer)) as port:  # type: ignore[arg-type]
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], words in found["discovery"]) == ("discovery", True), found
    assert "secret" not in json.dumps(found)


def test_a_login_of_its_own(trier: Trier) -> None:
    with hosted(answering(401, {"www-authenticate": 'Basic realm="secret"'}, b"secret")) as port:
        found = trier(f"http://127.0.0.1:{port}")
    assert (found["failed"], "wants a login (Basic" in found["identity"]) == ("identity", True), found
    assert "secret" not in json.dumps(found)


NEVER = [
    "http://169.254.169.254/latest", "http://10.0.0.1", "http://[::ffff:169.254.169.254]",
    "http://[fd00:ec2::254]", "http://0.0.0.0:{api}",
    "http://localhost:{api}", "http://[::1]:{relay}", "http://127.0.0.1:{admin}", "http://127.0.0.1:{first}",
    "https://tunnel.local.restate.localhost:9090", "https://a.env.local.restate.localhost:8080",
]  # fmt: skip


@pytest.mark.parametrize("uri", NEVER)
def test_what_must_not_be_reached_is_not_dialled(trier: Trier, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def dialled(*_: object, **__: object) -> None:
        raise AssertionError("dialled")

    monkeypatch.setattr(socket, "create_connection", dialled)
    found = trier(uri.format(**own_ports()))
    assert found["failed"] == "policy", found


def own_ports() -> dict[str, int]:
    s = settings()
    return {"api": s.api_port, "relay": s.relay_port, "admin": s.admin_port, "first": s.environment_ports_from}


ELSEWHERE = ["http://127.0.0.1:9", "https://127.0.0.1:9", "https://192.168.1.1", "http://93.184.216.34"]


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("uri", ELSEWHERE)
def test_in_production_neither_ones_own_machine_nor_http(
    trier: Trier, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("dialled"))
    assert trier(uri)["failed"] == "policy"


NO_URLS = [
    "ftp://x.example", "service.example", "http://", "http://x:0", "http://[::1", "http://a b/", "http://u:p@x.example",
    "http://2852039166", "http://0xa9.0xfe.0xa9.0xfe", "http://127.1", "http://0177.0.0.1", "http://0x7f000001.",
    "http://1.2.3.4\\@127.0.0.1/", "http://x.example:99999", "http://x.example/\u00e9",
]  # fmt: skip


@pytest.mark.parametrize("uri", NO_URLS)
def test_what_is_no_services_url(trier: Trier, uri: str) -> None:
    assert trier(uri)["failed"] == "uri"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"uri": "http://x", "arn": "y"},
        {"uri": "http://x", "assumeRoleArn": "y"},
        {"arn": "x", "tunnelName": "y"},
        {"arn": "x", "useHttp11": True},
        {"uri": "http://x", "tunnelName": "a/b"},
    ],
)
def test_a_request_is_one_or_the_other(trier: Trier, body: object) -> None:
    assert trier.person.post(f"{trier.path}/preflight", body).status_code == 422
