"""Which deployment accepts which key: real services of both SDKs, and what else may stand at a deployment's address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from controlplane.auth import Role
from controlplane.core import queue
from controlplane.core.outbound import place
from controlplane.identity_keys import checking
from tests.controlplane.identity_keys.conftest import Keys, deployed
from tests.controlplane.node import Node
from tests.controlplane.people import SignedUp
from tests.controlplane.preflight.servers import answering, hosted
from tests.support.services import Service, python, typescript


def verdicts(found: dict[str, Any]) -> dict[str, tuple[bool | None, bool | None]]:
    """By deployment: whether the current and the next key are accepted."""
    items = found["items"]
    return {
        one["deploymentId"]: (one["accepts"]["current"]["accepted"], (one["accepts"]["next"] or {}).get("accepted"))
        for one in items
    }


def test_a_switch_waits_for_every_service(keys: Keys, tmp_path: Path) -> None:
    old, new = keys.shown()["signingPublicKey"], keys.do(status=201)["publicKey"]
    makes: list[Callable[[Path, list[str]], Service]] = [typescript, python]
    directories = [tmp_path / str(number) for number in range(2)]
    for directory in directories:
        directory.mkdir()
    ready, late = (make(directory, [old]) for make, directory in zip(makes, directories, strict=True))
    with ready.accept_only([old, new]), late:
        keys.deployments = [deployed(1, ready.url), deployed(2, late.url)]
        found = keys.do("/check")
        assert verdicts(found) == {"dp_1": (True, True), "dp_2": (True, False)}
        assert new in found["items"][1]["accepts"]["next"]["message"]
        assert found["items"][1]["lastAcceptedKey"] == old
        assert keys.person.get(f"{keys.path}/check").json() == found

        refused = keys.do("/switch", status=409)
        assert refused["code"] == "next_key_not_accepted"
        assert [one["uri"] for one in refused["details"]["deployments"]] == [late.url]
        assert keys.states() == {old: "current", new: "next"}

        late.stop()
        late.accept_only([old, new]).start()
        assert keys.do("/switch", status=202)["signingPublicKey"] == new
    shown = keys.person.get(f"{keys.path}/check").json()["items"]
    assert all(one["accepts"]["current"]["accepted"] and one["accepts"]["previous"]["accepted"] for one in shown)


def test_what_cannot_be_reached_is_said_and_holds_the_switch_up(keys: Keys) -> None:
    keys.do(status=201)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    with hosted(answering(status=404)) as port:
        keys.deployments = [
            deployed(1, f"http://127.0.0.1:{nobody}"),
            deployed(2, "http://169.254.169.254/latest"),
            deployed(3, f"http://127.0.0.1:{port}"),
            {"id": "dp_4", "arn": "arn:aws:lambda:eu-central-1:123456789012:function:greeter:7"},
            deployed(5, "ftp://service.example.com"),
        ]
        found = keys.do("/check")
    assert set(verdicts(found).values()) == {(None, None)}
    said = {one["deploymentId"]: one["accepts"]["next"]["message"] for one in found["items"]}
    assert "refuses the connection" in said["dp_1"]
    assert "is not a public address" in said["dp_2"]
    assert "no Restate endpoint" in said["dp_3"]
    assert len(keys.do("/switch", status=409)["details"]["deployments"]) == 5
    assert keys.do("/switch", {"force": True}, 202)["signingPublicKey"]


def test_a_deployments_own_headers_go_along_and_frame_nothing(keys: Keys) -> None:
    calls: list[dict[str, Any]] = []
    manifest = answering()

    async def service(scope: dict[str, Any], receive: Any, send: Any) -> None:
        calls.append(scope)
        await manifest(scope, receive, send)

    headers = {"Authorization": "Bearer of-the-tenant", "Host": "other.example", "Transfer-Encoding": "chunked"}
    headers |= {"X-Restate-Jwt-V1": "forged", "x-odd": "a\r\nb: c", "Content-Length": "7"}
    with hosted(service) as port:
        keys.deployments = [deployed(1, f"http://127.0.0.1:{port}", additionalHeaders=headers)]
        assert verdicts(keys.do("/check")) == {"dp_1": (True, None)}
    sent = dict(next(scope for scope in calls if scope["type"] == "http")["headers"])
    assert sent[b"authorization"] == b"Bearer of-the-tenant"
    assert sent[b"x-restate-jwt-v1"].count(b".") == 2
    assert not {b"x-odd", b"transfer-encoding", b"content-length"} & sent.keys()


def test_deployments_that_are_gone_are_forgotten(keys: Keys) -> None:
    keys.deployments = [deployed(1, "http://127.0.0.1:1"), deployed(2, "http://127.0.0.1:2")]
    assert len(keys.do("/check")["items"]) == 2
    keys.deployments = [deployed(2, "http://127.0.0.1:2")]
    assert list(verdicts(keys.do("/check"))) == ["dp_2"]


def test_without_the_nodes_word_nothing_is_switched(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.do(status=201)
    monkeypatch.setattr(checking, "REPORT_SECONDS", 0.1)
    monkeypatch.setattr(checking, "nudge", lambda *_, **__: None)
    assert keys.do("/switch", status=503)["code"] == "deployments_unknown"
    assert keys.do("/check", status=503)["code"] == "deployments_unknown"
    assert "next" in keys.states().values()


def test_a_right_that_ends_while_services_are_tried_is_none(
    keys: Keys, signed_up: SignedUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.do(status=201)
    account = keys.path.split("/")[2]
    grace = signed_up("grace").joins(account, Role.ADMIN)
    tell = queue.send

    def removed_meanwhile(task: str, *ids: str, queue: str) -> None:
        tell(task, *ids, queue=queue)
        assert keys.person.delete(f"/accounts/{account}/members/{grace.user_id}").status_code == 204

    monkeypatch.setattr(queue, "send", removed_meanwhile)
    assert grace.post(f"{keys.path}/switch", {}).status_code in (403, 404)
    assert "next" in keys.states().values()


def test_another_key_than_the_one_that_was_tried_is_not_switched_to(
    keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, tell, others = keys.do(status=201), queue.send, list[str]()

    def replaced_meanwhile(task: str, *ids: str, queue: str) -> None:
        tell(task, *ids, queue=queue)
        if task == checking.TASK and not others:
            assert keys.person.delete(f"{keys.path}/{tried['identityKeyId']}").status_code == 204
            others.append(keys.do(status=201)["publicKey"])

    monkeypatch.setattr(queue, "send", replaced_meanwhile)
    current = keys.shown()["signingPublicKey"]
    assert keys.do("/switch", status=409)["code"] == "no_next_key"
    assert keys.states() == {current: "current", others[0]: "next"}
    assert keys.do("/switch", status=202)["signingPublicKey"] == others[0]


def test_one_account_cannot_fill_the_api_with_waiting(keys: Keys) -> None:
    account = keys.path.split("/")[2]
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(place("identity key checks", 4, tenant=account))
        assert keys.do("/check", status=503)["code"] == "busy"
        held.enter_context(place("identity key checks", 4, tenant="acc_other"))
    assert keys.do("/check") == {"items": []}


def test_another_runner_cannot_say_what_there_is(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Node.register(keys.node.client, "other", region="other")
    monkeypatch.setattr(checking, "REPORT_SECONDS", 0.1)

    def forged(*_: object, **__: object) -> None:
        body = {"environmentId": keys.environment_id, "items": []}
        assert other.call("POST", "/deployments", json=body).status_code == 204

    monkeypatch.setattr(checking, "nudge", forged)
    keys.do(status=201)
    assert keys.do("/switch", status=503)["code"] == "deployments_unknown"
