"""The recorder alone, with a spool that was left as only accidents leave it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from envrunner.client import InternalClient, InternalError
from envrunner.edge import recording
from envrunner.edge.layout import EdgeLayout
from envrunner.edge.recording import Recorder

ONE, OTHER = "a" * 27, "b" * 27


class Heard:
    """A control plane that takes everything but calls on `refused`."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.refused = ""

    def post(self, _path: str, body: dict[str, Any]) -> None:
        if any(item["environmentId"] == f"env_{self.refused}" for item in body["items"]):
            raise InternalError(500, "internal", "no")
        self.items += body["items"]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setattr(recording, "_SETTLED_SECONDS", 0)
    return Heard()


@pytest.fixture
def recorder(heard: Heard, tmp_path: Path) -> Recorder:
    layout = SimpleNamespace(spool=tmp_path)
    return Recorder(cast(InternalClient, heard), cast(EdgeLayout, layout))


def begun(number: int, label: str = ONE, worker: int = 1) -> str:
    line = {
        "id": f"{number:032x}",
        "at": int(time.time() * 1000),
        "worker": worker,
        "actor": "key_1",
        "kind": "api_key",
    }
    return json.dumps({**line, "environmentId": f"env_{label}", "method": "PATCH", "path": "/services/s"})


def ended(number: int) -> str:
    return json.dumps({"id": f"{number:032x}", "status": 200})


def lines(*noted: str) -> str:
    """As record.js writes them."""
    return "".join(f"\n{line}\n" for line in noted)


def gone() -> int:
    """Of a process that is no more."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_torn_line_takes_no_other_with_it(recorder: Recorder, heard: Heard, tmp_path: Path) -> None:
    """The disk was full in the middle of the first."""
    (tmp_path / ONE).write_text("\n" + begun(1)[:40] + lines(begun(2), ended(2)))
    recorder.send()
    assert [item["id"] for item in heard.items] == [f"{2:032x}"]


def test_what_is_not_taken_of_one_environment_holds_up_no_other(
    recorder: Recorder, heard: Heard, tmp_path: Path
) -> None:
    heard.refused = ONE
    for label in (ONE, OTHER):
        (tmp_path / label).write_text(lines(begun(1, label), ended(1)))
    with pytest.raises(InternalError):
        recorder.send()
    assert [item["environmentId"] for item in heard.items] == [f"env_{OTHER}"]
    heard.refused = ""
    recorder.send()
    assert len(heard.items) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_end_that_was_noted_just_before_the_worker_ended_counts(
    recorder: Recorder, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nginx was started anew: its old worker answered its last call while the agent read, and was gone."""
    spool = tmp_path / ONE
    spool.write_text(lines(begun(1, worker=gone())))
    real = time.sleep

    def settle(seconds: float) -> None:
        if not spool.exists() and not spool.with_suffix(".open").exists():
            spool.write_text(lines(ended(1)))
        real(seconds)

    monkeypatch.setattr(time, "sleep", settle)
    recorder.send()
    recorder.send()
    assert [item.get("status") for item in heard.items] == [200]


def test_a_call_whose_worker_is_gone_is_told_without_an_end(recorder: Recorder, heard: Heard, tmp_path: Path) -> None:
    (tmp_path / ONE).write_text(lines(begun(1, worker=gone()), begun(2, worker=os.getpid())))
    recorder.send()
    recorder.send()
    assert [("status" in item, item["id"]) for item in heard.items] == [(False, f"{n:032x}") for n in (1, 2)]
    assert list(tmp_path.iterdir()) == []
