"""What the control plane says about engines is what the runner understands, and the other way round."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.environments import identity
from controlplane.environments import service as environments
from controlplane.environments.models import Environment
from controlplane.environments.status import Desired as ControlPlaneDesired
from controlplane.provisioning import schemas, service
from controlplane.runners import service as runners
from envrunner import settings as runner_settings
from envrunner import tasks, wire, worker

WIRE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()


def sent(environment: Environment) -> str:
    """The body of `GET /internal/v1/specs/{environmentId}`."""
    key = identity.new_key(environment.environment_id)
    return service.spec(environment, key).model_dump_json(by_alias=True)


@pytest.mark.parametrize("desired", list(ControlPlaneDesired))
def test_a_spec_of_the_control_plane_is_a_spec_to_the_runner(
    desired: ControlPlaneDesired, environment: Environment
) -> None:
    environment.desired = desired
    text = sent(environment)

    got = wire.Spec.model_validate_json(text)

    assert json.loads(got.to_json()) == json.loads(text)
    assert got.desired.value == desired.value
    assert (got.signing_key_pem is None) == (desired is ControlPlaneDesired.ABSENT)


def test_both_sides_have_the_same_members_as_the_document() -> None:
    spec, report = (json.loads(block.replace("-----BEGIN PRIVATE KEY-----…", "x")) for block in _examples()[:2])

    assert set(spec) == _members(schemas.Spec) == _members(wire.Spec)
    assert set(report) == _members(schemas.Report) == _members(wire.Report)


@pytest.mark.parametrize("name", ["Desired", "EngineState"])
def test_the_document_names_every_value(name: str) -> None:
    for value in getattr(wire, name):
        assert f"`{value.value}`" in WIRE


@given(
    generation=st.integers(0, 2**31 - 1),
    state=st.sampled_from(wire.EngineState),
    reason=st.none() | st.text(max_size=2000).filter(lambda text: text.isprintable()),
)
def test_every_report_of_the_runner_is_taken(generation: int, state: wire.EngineState, reason: str | None) -> None:
    report = wire.Report(
        environment_id="env_" + "0" * 27, generation=generation, state=state, reason=reason, engine_version="1.7.12"
    )

    items = schemas.Reports.model_validate({"items": [report.model_dump(mode="json", by_alias=True)]}).items

    assert (items[0].generation, items[0].state, items[0].reason) == (generation, state.value, reason)


def test_the_agents_state_leaves_only_a_report_behind(environment: Environment) -> None:
    state = wire.State.model_validate(
        {
            "environmentId": environment.environment_id,
            "generation": 1,
            "state": "READY",
            "engineVersion": "1.7.12",
            "pid": 4711,
            "restarts": 2,
            "since": "2026-01-01T00:00:00Z",
        }
    )

    schemas.Report.model_validate(state.report().model_dump(mode="json", by_alias=True))


def test_every_settled_state_of_the_runner_settles_something_for_the_control_plane() -> None:
    assert set(service.SETTLED.values()) | {"FAILED"} == {state.value for state in wire.SETTLED}


def test_hints_are_sent_to_the_queue_that_the_runner_reads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("STATE_DIR", "ENGINES_DIR", "EDGE_DIR", "LOG_DIR", "RUN_DIR", "CREDENTIAL_FILE"):
        monkeypatch.setenv(f"ENVRUNNER_{name}", str(tmp_path))
    monkeypatch.setenv("ENVRUNNER_INTERNAL_URL", f"unix:{tmp_path}/api.sock")

    assert worker.queue_of(runner_settings.Settings()) == runners.queue("local")
    assert tasks.CONVERGE == environments.CONVERGE
    assert f"`{tasks.CONVERGE}`" in WIRE


def _members(model: Any) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _examples() -> list[str]:
    return re.findall(r"```json\n(.*?)```", WIRE, re.DOTALL)
