"""The public API's certificate: which names it covers, what is wrong with a pair, and its renewal while serving."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from pathlib import Path
from typing import Any

import pytest

from controlplane.core import tls
from controlplane.settings import Settings
from tests.support.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("cloud.example.com", True),
        ("CLOUD.example.com", True),
        ("api.eu.example.com", True),
        ("127.0.0.1", True),
        ("eu.example.com", False),
        ("a.b.eu.example.com", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_the_names_of_a_certificate(authority: Authority, host: str, covered: bool) -> None:
    pair = authority.issue(["cloud.example.com", "*.eu.example.com", "127.0.0.1"])
    assert tls.read(*pair).is_for(host) == covered


def test_pairs_that_cannot_be_used(authority: Authority, tmp_path: Path) -> None:
    certificate, key = authority.issue(["a.example.com"])
    _, other_key = authority.issue(["b.example.com"], "other")
    nonsense, missing = tmp_path / "nonsense.pem", tmp_path / "missing.pem"
    nonsense.write_text("no certificate")
    for pair in ((certificate, other_key), (nonsense, key), (missing, key), (certificate, nonsense)):
        with pytest.raises(tls.CertificateUnusable, match=str(pair[0])):
            tls.context(*pair)


def test_a_renewed_certificate_is_served_without_a_restart(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_LOOK_EVERY_SECONDS", 0.01)
    live, renewed = authority.issue(["one.example.com"]), authority.issue(["two.example.com"], "renewed")

    async def names() -> list[str]:
        refused, taken = asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(tls.log, "warning", lambda *_, **__: refused.set())
        monkeypatch.setattr(tls.log, "info", lambda *_, **__: taken.set())
        context = tls.context(*live)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        renewing = asyncio.create_task(tls.keep_fresh(context, *live))
        port = server.sockets[0].getsockname()[1]
        # First only one half of the pair: what is served stays whole.
        _replace(renewed[0], live[0])
        await asyncio.wait_for(refused.wait(), 10)
        seen = [await _name(authority, port)]
        _replace(renewed[1], live[1])
        await asyncio.wait_for(taken.wait(), 10)
        seen.append(await _name(authority, port))
        renewing.cancel()
        server.close()
        return seen

    assert asyncio.run(names()) == ["one.example.com", "two.example.com"]


def test_a_certificate_and_its_key_are_named_together(authority: Authority) -> None:
    certificate, key = authority.issue(["a.example.com"])
    needed: dict[str, Any] = {"database_url": "postgresql://x", "redis_url": "redis://x"}
    assert Settings(**needed, tls_certificate=certificate, tls_key=key).tls_port == 443
    for half in ({"tls_certificate": certificate}, {"tls_key": key}):
        with pytest.raises(ValueError, match="CONTROLPLANE_TLS_CERTIFICATE and CONTROLPLANE_TLS_KEY"):
            Settings(**(needed | half))


async def _name(authority: Authority, port: int) -> str:
    trusting = ssl.create_default_context(cafile=str(authority.certificate))
    trusting.check_hostname = False
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    presented = writer.get_extra_info("peercert")
    writer.close()
    return str(presented["subjectAltName"][0][1])


def _replace(new: Path, old: Path) -> None:
    """In one step, as tools that renew certificates do."""
    part = old.with_suffix(".part")
    shutil.copy(new, part)
    part.replace(old)
