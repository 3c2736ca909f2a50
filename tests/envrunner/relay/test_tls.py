"""With certificates: customers and engines come in by TLS, and what cannot be used is said at the start."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.envrunner.relay.dialling import introduction, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import RelayNode
from tests.envrunner.relay.peers import Dialled, Engine
from tests.support.certificates import Authority
from tests.support.waiting import until


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def node(authority: Authority) -> Iterator[RelayNode]:
    certificate, key = authority.issue(["127.0.0.1"])
    names = ("RELAY", "TUNNEL_PROXY")
    settings: dict[str, object] = {f"{name}_CERTIFICATE": certificate for name in names}
    made = RelayNode(settings=settings | {f"{name}_KEY": key for name in names})
    made.add_environment(MINE)
    try:
        yield made.start()
    finally:
        made.stop()


def test_both_ports_speak_tls_and_offer_what_they_understand(node: RelayNode, authority: Authority) -> None:
    token = node.add_key(MINE)

    async def opened() -> bool:
        async with Dialled(introduction(token)) as client:
            await client.connect(node.relay_port, _trusting(authority, "h2"))
            return (await client.ended(1)).trailers.get("tunnel-status") == "ok"

    until(lambda: asyncio.run(opened()))

    async def scenario() -> None:
        async with Dialled(introduction(token)) as client, Engine() as engine:
            await client.connect(node.relay_port, _trusting(authority, "h2"))
            await client.ended(1)
            assert client.told["proxy-url"] == f"https://127.0.0.1:{node.proxy_port}"
            await engine.connect(node.proxy_port, _trusting(authority, "h2", "http/1.1"))
            answer = await engine.call(path(), node.signed(MINE), b"x" * 100_000)
            assert (answer.status, len(answer.body)) == (200, 100_000)
            url = f"https://127.0.0.1:{node.proxy_port}{path()}"
            async with httpx2.AsyncClient(verify=_trusting(authority, "http/1.1"), trust_env=False) as http:
                assert (await http.post(url, headers=node.signed(MINE), content=b"old")).content == b"old"

    asyncio.run(scenario())


def test_half_a_certificate_is_refused_in_a_sentence(authority: Authority) -> None:
    certificate, key = authority.issue(["127.0.0.1"])
    for settings, expected in (
        ({"RELAY_CERTIFICATE": certificate}, "A certificate needs its key"),
        ({"TUNNEL_PROXY_KEY": key}, "A certificate needs its key"),
        ({"RELAY_CERTIFICATE": key, "RELAY_KEY": certificate}, "cannot be used"),
        ({"RELAY_CERTIFICATE": certificate, "RELAY_KEY": "/nonexistent"}, "cannot be used"),
    ):
        node = RelayNode(settings=dict(settings))
        try:
            node.launch()
            assert node.process is not None
            assert node.process.wait(60) == 1
            assert expected in node.log()
            assert "Traceback" not in node.log()
        finally:
            node.stop()


def _trusting(authority: Authority, *protocols: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    context.set_alpn_protocols(list(protocols))
    return context
