"""A plane behind TLS, with a certificate of one's own authority, and proxies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.rcloud.scripted import Scripted, account, page
from tests.support.certificates import Authority
from tests.support.rcloud import Rcloud
from tests.support.tls_front import in_front_of


@pytest.fixture
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def url(server: Scripted, authority: Authority) -> Iterator[str]:
    """The scripted server by HTTPS."""
    server.on("GET /accounts", page(account()))
    certificate, key = authority.issue(["127.0.0.1"])
    with in_front_of(urlsplit(server.url).port or 0, certificate, key) as port:
        yield f"https://127.0.0.1:{port}"


def test_ones_own_authority_is_named_in_a_variable(rcloud: Rcloud, url: str, authority: Authority) -> None:
    rcloud.sign_in("e30.e30.s", url)
    rcloud.env["SSL_CERT_FILE"] = str(authority.certificate)
    assert rcloud.run("accounts", "list", "-o", "json").json["items"] == [account()]


def test_nobody_else_is_believed(
    rcloud: Rcloud, server: Scripted, url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rcloud.sign_in("e30.e30.s", url)
    for trusted in (None, Authority(tmp_path_factory.mktemp("other")).certificate):
        if trusted:
            rcloud.env["SSL_CERT_FILE"] = str(trusted)
        done = rcloud.attempt("accounts", "list")
        assert done.status == 4
        assert "certificate is not trusted" in done.stderr
        assert "SSL_CERT_FILE" in done.stderr
    assert server.asked == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read(rcloud: Rcloud, url: str, tmp_path: Path, content: str | None) -> None:
    rcloud.sign_in("e30.e30.s", url)
    rcloud.env["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    if content:
        (tmp_path / "ca.pem").write_text(content)
    done = rcloud.attempt("accounts", "list")
    assert done.status == 1
    assert "SSL_CERT_FILE" in done.stderr


def test_no_proxy_leads_to_this_machine(signed_in: Rcloud, server: Scripted) -> None:
    server.on("GET /accounts", page(account()))
    signed_in.env |= {"HTTP_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
    assert signed_in.run("accounts", "list", "-o", "json").json["items"] == [account()]
    elsewhere = signed_in.attempt("accounts", "list", "--url", "http://plane.invalid", "--token", "x")
    assert elsewhere.status == 4
    assert "not encrypted" in elsewhere.stderr
