"""The full sync: what mends everything that messages did not bring."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from envrunner import __version__
from envrunner.client import InternalClient, Unreachable
from envrunner.reporting import Reporter
from envrunner.sync import Sync
from envrunner.wire import Desired, EngineState, Outbound, Spec
from tests.envrunner.control_plane import ControlPlane
from tests.envrunner.nodes import ROOT, Node
from tests.envrunner.specs import ENGINE_VERSION, spec


@dataclass
class Runner:
    """A sync driven by hand."""

    sync: Sync
    reporter: Reporter


@pytest.fixture
def runner(node: Node) -> Iterator[Runner]:
    with contextlib.closing(InternalClient(node.settings.internal_url, node.settings.credential_file)) as internal:
        reporter = Reporter(internal, node.client)
        yield Runner(Sync(internal, node.client, reporter, 10.0, ROOT), reporter)


def test_everything_at_first_then_only_news(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec(1), spec(2, desired=Desired.STOPPED), spec(3, desired=Desired.STOPPED, gently=True))
    runner.sync.once()
    node.wait_for(spec(1), EngineState.READY)
    node.wait_for(spec(2), EngineState.STOPPED)
    node.wait_for(spec(3), EngineState.STOPPED)
    runner.sync.once()
    assert control_plane.reported(spec(1))[-1] == (1, "READY")
    assert control_plane.reported(spec(2))[-1] == (1, "STOPPED")
    posts = control_plane.posts
    runner.sync.once()
    assert control_plane.posts == posts
    # The one that runs, and the paused one, whose place is kept.
    assert control_plane.heartbeats[-1]["engines"] == 2
    assert control_plane.heartbeats[-1]["version"]
    assert control_plane.heartbeats[-1]["engineVersions"] == [ENGINE_VERSION]


def test_a_list_that_came_out_short_destroys_nothing(
    node: Node, control_plane: ControlPlane, runner: Runner, capfd: pytest.CaptureFixture[str]
) -> None:
    control_plane.put(spec(1))
    runner.sync.once()
    node.wait_for(spec(1), EngineState.READY)
    control_plane.specs.clear()
    runner.sync.once()
    runner.sync.once()
    assert len(node.engines_running(spec(1))) == 1
    said = capfd.readouterr()
    assert (said.out + said.err).count("engines the control plane does not name") == 1


def test_a_spec_that_only_a_newer_runner_understands_keeps_no_other_waiting(
    node: Node, control_plane: ControlPlane, runner: Runner, capfd: pytest.CaptureFixture[str]
) -> None:
    control_plane.put(spec(1).model_copy(update={"engine_version": "?"}), spec(2, desired=Desired.STOPPED))
    runner.sync.once()
    node.wait_for(spec(2), EngineState.STOPPED)
    said = "".join(capfd.readouterr())
    assert "spec not understood" in said
    assert "engineVersion" in said
    assert "PRIVATE KEY" not in said


def test_errors_about_a_spec_repeat_nothing_of_it() -> None:
    with pytest.raises(ValidationError) as raised:
        Spec.model_validate({"signingKeyPem": "the-secret"})
    assert "the-secret" not in str(raised.value)


def test_a_newer_spec_that_the_agent_got_meanwhile(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec(1))
    runner.sync.once()
    node.settle(spec(1, generation=2))
    runner.sync.once()
    assert node.client.settled(spec(1).environment_id, 1).generation == 2
    assert control_plane.reported(spec(1))[-1] == (2, "READY")


def test_who_was_late_with_an_older_spec_of_the_same_generation_is_mended(
    node: Node, control_plane: ControlPlane, runner: Runner
) -> None:
    """The edge's agent and tasks tell of what engines may reach, too: what was withdrawn must not stay open."""
    wide, narrow = (
        spec(1, desired=Desired.STOPPED).model_copy(
            update={
                "outbound": Outbound(
                    networks=(),
                    refused_networks=(),
                    refused_ports=(),
                    tunnel_proxy="http://127.0.0.1:9080",
                    hosts=hosts,
                )
            }
        )
        for hosts in (("a.corp.example",), ())
    )
    control_plane.put(narrow)
    runner.sync.once()
    node.wait_for(narrow, EngineState.STOPPED)
    node.client.put(wide)
    assert node.client.settled(wide.environment_id, 1).spec_digest == wide.digest
    runner.sync.once()
    assert node.client.settled(narrow.environment_id, 1).spec_digest == narrow.digest


def test_after_an_outage_everything_is_told_again(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    control_plane.put(spec(1))
    runner.sync.once()
    node.wait_for(spec(1), EngineState.READY)
    runner.sync.once()
    control_plane.reports.clear()
    runner.reporter.start_over()
    runner.sync.once()
    assert control_plane.reported(spec(1)) == [(1, "READY")]


def test_the_dead_are_named(node: Node, control_plane: ControlPlane, runner: Runner) -> None:
    node.kill_agent()
    with pytest.raises(Unreachable, match="node agent"):
        runner.sync.once()
    control_plane.stop()
    with pytest.raises(Unreachable, match="control plane"):
        runner.sync.once()


def test_the_version_told_is_the_projects() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
