"""The relay in machine code keeps the rules that the same sources keep when they are interpreted."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from envrunner.relay import compiled
from tests.envrunner.relay.dialling import dialled, engine, introduction, path
from tests.envrunner.relay.environments import MINE
from tests.envrunner.relay.node import REPOSITORY, RelayNode

_EXPECTED = os.environ.get("CI") == "true" or compiled.folder(Path(sys.prefix)).is_dir()
"""Where it was installed with a compiler, as it is in CI; else the sources are interpreted, and held to the same."""
_HELD_TO = ["test_against_h2.py", "test_compression.py", "test_rubbish.py"]
_COMPILED = """
import sys
import pytest
from envrunner.relay import compiled
compiled.use()
status = pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *sys.argv[1:]])
print("compiled:", compiled.in_use())
sys.exit(status)
"""


def test_random_conversations_pass_in_machine_code() -> None:
    files = [str(Path(__file__).with_name(name)) for name in _HELD_TO]
    given = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-c", _COMPILED, *files]
    done = subprocess.run(command, cwd=REPOSITORY, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert f"compiled: {_EXPECTED}" in done.stdout


@pytest.mark.parametrize(("wanted", "expected"), [(True, _EXPECTED), (False, False)])
def test_either_form_carries_calls_and_says_which_it_is(wanted: bool, expected: bool) -> None:
    node = RelayNode(settings={"RELAY_COMPILED": wanted})
    body = os.urandom(300_000)

    async def scenario() -> None:
        async with dialled(node, introduction(token)) as client, engine(node) as caller:
            answer = await caller.call(path(), node.signed(MINE), body)
            assert (answer.status, bytes(answer.body)) == (200, body)
            assert [call.ended for call in client.calls] == [True]

    try:
        node.add_environment(MINE)
        token = node.add_key(MINE)
        node.start()
        asyncio.run(scenario())
        begun = [json.loads(line) for line in node.log().splitlines()]
        assert [line["compiled"] for line in begun if line["event"] == "listening"] == [expected]
        told, metrics = node.ask("/healthz"), node.ask("/metrics")
        assert told is not None
        assert metrics is not None
        assert (told.json()["compiled"], told.json()["interpretedBecause"] is None) == (expected, expected)
        assert f"envrunner_relay_compiled {float(expected)}" in metrics.text
    finally:
        node.stop()


@pytest.mark.parametrize(
    ("wanted", "there", "said"),
    [
        (False, "", "ENVRUNNER_RELAY_COMPILED=false"),
        (True, "", "Install a C compiler"),
        (True, "failed", "compiling it failed"),
        (True, "folder", "restart it"),
    ],
)
def test_what_to_do_about_a_relay_that_is_interpreted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool, there: str, said: str
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    found = compiled.folder(tmp_path)
    found.parent.mkdir()
    if there == "failed":
        compiled.failure(found).touch()
    if there == "folder":
        found.mkdir()
    why = compiled.interpreted(wanted)
    assert why is not None
    assert said in why
    assert there != "failed" or str(compiled.failure(found)) in why
