"""The SDK's client outside Restate: ``connect({url, headers})`` through the edge."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any
from uuid import uuid4

import pytest

from tests.support import services
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


def _program(examples: Examples, key: str, word: str) -> dict[str, Any]:
    done = subprocess.run(
        [services.NODE, "sdk_client.ts"],
        cwd=services.CHECKOUT / "tests" / "support",
        env={
            "PATH": os.environ["PATH"],
            "INGRESS_URL": examples.environment.ingress_url,
            "API_KEY": key,
            "WORD": word,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_client_calls_sends_attaches_and_runs_workflows(examples: Examples) -> None:
    word = uuid4().hex
    assert _program(examples, examples.environment.api_key("ingress"), word) == {
        "called": word,
        "greeted": f"Hello {word} for the 1-th time.",
        "sent": "Accepted",
        "result": word,
        "paid": "success",
    }
    assert len(examples.typescript.effects(f"charge {word}")) == 1


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("admin", 403)])
def test_the_client_without_the_right_key_is_refused(examples: Examples, role: str | None, status: int) -> None:
    key = examples.environment.api_key(role) if role else ""
    word = uuid4().hex
    answer = _program(examples, key, word)
    assert answer["refused"] == status
    assert json.loads(answer["text"])["message"]
    assert examples.typescript.effects(word) == []
