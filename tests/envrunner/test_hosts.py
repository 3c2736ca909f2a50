"""Where services run: what a real engine makes of HTTP/1.1 hosts, certificates nobody vouches for, and redirects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.controlplane.preflight.servers import answering, hosted
from tests.envrunner.engines import Engine
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec
from tests.support import services
from tests.support.certificates import Authority


@pytest.fixture(scope="module")
def engine(shared_node: Node) -> Engine:
    shared_node.settle(spec(70))
    return Engine(shared_node, spec(70))


def test_a_fetch_handler_is_called_anew_after_each_suspension(engine: Engine, tmp_path: Path) -> None:
    with services.fetch_host(tmp_path) as host:
        refused = engine.ask("a", "POST", "/deployments", {"uri": host.url})
        assert (refused.is_success, "http1.1" in refused.text.lower()) == (False, True), refused.text
        engine.admin("POST", "/deployments", {"uri": host.url, "use_http_11": True})
        assert engine.invoke("/Fetcher/work", "ada") == "worked for ada"
        lines = host.log().splitlines()
        assert lines.count("request /invoke/Fetcher/work") >= 2
        assert lines.count("effect ada") == 1


def test_a_certificate_nobody_vouches_for_is_refused(engine: Engine, tmp_path: Path) -> None:
    with hosted(answering(), Authority(tmp_path).issue(["localhost"])) as port:
        answer = engine.ask("a", "POST", "/deployments", {"uri": f"https://localhost:{port}"})
    assert (answer.is_success, "certificate" in answer.text) == (False, True), answer.text
    assert all(str(port) not in one["uri"] for one in engine.admin("GET", "/deployments")["deployments"])


def test_a_redirect_leads_nowhere(engine: Engine) -> None:
    asked: list[str] = []

    async def elsewhere(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.append(scope["path"])
            await answering()(scope, _receive, send)

    with hosted(elsewhere) as target:
        for status in (301, 302, 307, 308):
            headers = {"location": f"http://127.0.0.1:{target}/discover"}
            with hosted(answering(status, headers)) as port:
                assert not engine.ask("a", "POST", "/deployments", {"uri": f"http://127.0.0.1:{port}"}).is_success
        assert asked == []
        engine.admin("POST", "/deployments", {"uri": f"http://127.0.0.1:{target}"})
    assert asked
