"""The agent's HTTP calls, good and bad."""

from __future__ import annotations

import json

import pytest

from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec

PATH = f"/engines/{spec(40).environment_id}"


def test_one_and_all(shared_node: Node) -> None:
    state = shared_node.settle(spec(40))
    one = shared_node.http.get(PATH)
    assert one.status_code == 200
    assert set(one.json()) == {
        "environmentId", "generation", "specDigest", "state", "reason", "engineVersion", "pid", "restarts", "since",
    }  # fmt: skip
    assert one.json()["pid"] == state.pid
    assert one.json() in shared_node.http.get("/engines").json()["items"]


def test_put_answers_before_the_engine_is_ready(shared_node: Node) -> None:
    answer = shared_node.http.put(f"/engines/{spec(41).environment_id}", content=spec(41).to_json())
    assert (answer.status_code, answer.json()["state"]) == (200, "STARTING")


def test_settled_within_is_up_before_the_engine_has_settled(shared_node: Node) -> None:
    # Each is asked about once: on a busy machine it may be ready by then.
    for number in range(500, 510):
        shared_node.client.put(spec(number))
        answer = shared_node.http.get(f"/engines/{spec(number).environment_id}", params={"settledWithin": 0.001})
        if answer.json()["state"] == "STARTING":
            break
    assert answer.json()["state"] == "STARTING"


def test_never_heard_of(shared_node: Node) -> None:
    answer = shared_node.http.get(f"/engines/{spec(49).environment_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_engine")


@pytest.mark.parametrize(
    "change",
    [
        {"environmentId": "env_../../../../../../../../etc"},
        {"environmentId": spec(41).environment_id},
        {"generation": -1},
        {"generation": None},
        {"desired": "GONE"},
        {"engineVersion": "../1"},
        {"ingressUrl": "file:///etc/passwd"},
        {"ingressUrl": "http://a\nRESTATE_X=1"},
        {"requestSizeLimitBytes": 0},
    ],
)
def test_a_bad_spec_is_refused_and_its_key_not_repeated(shared_node: Node, change: dict[str, object]) -> None:
    body = json.dumps(json.loads(spec(43).to_json()) | change)
    answer = shared_node.http.put(f"/engines/{spec(43).environment_id}", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "PRIVATE KEY" not in answer.text
    assert shared_node.http.get(f"/engines/{spec(43).environment_id}").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_malformed_json(shared_node: Node, body: bytes) -> None:
    assert shared_node.http.put(PATH, content=body).status_code == 400


@pytest.mark.parametrize("seconds", ["x", "-1", "61", "nan"])
def test_bad_waiting_times(shared_node: Node, seconds: str) -> None:
    assert shared_node.http.get(PATH, params={"settledWithin": seconds}).status_code == 400


def test_health_and_metrics(shared_node: Node) -> None:
    shared_node.settle(spec(40))
    assert shared_node.http.get("/healthz").json() == {"status": "up"}
    text = shared_node.http.get("/metrics").text
    ready = next(line for line in text.splitlines() if line.startswith('envrunner_engines{state="READY"}'))
    assert float(ready.split()[1]) >= 1
    assert f'envrunner_engine_restarts_total{{environment_id="{spec(40).environment_id}"}} 0.0' in text
    assert "process_resident_memory_bytes" in text


def test_no_key_is_ever_logged(shared_node: Node) -> None:
    shared_node.settle(spec(40))
    assert "PRIVATE KEY" not in (shared_node.home / "agent.log").read_text()
