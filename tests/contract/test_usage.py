"""What the runner tells of usage is what the control plane takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from controlplane.usage import endpoints, schemas
from envrunner.metering import meter, teller
from envrunner.metering.exposition import Counts
from envrunner.metering.tally import Sample, Tally
from envrunner.wire import Usage

WIRE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()
LABEL = "0" * 27
counts = st.integers(0, 2**40)
seconds = st.none() | st.floats(0, 1e12)


def sent(*given: Usage) -> dict[str, Any]:
    """The body of the call, as it travels."""
    body: dict[str, Any] = json.loads(
        json.dumps({"items": [one.model_dump(mode="json", by_alias=True) for one in given]})
    )
    return body


@given(
    st.builds(Counts, counts, counts, counts, counts, counts),
    seconds,
    seconds,
    st.floats(0, 1e7),
    st.integers(0, 2**50),
)
def test_whatever_an_engine_tells_is_taken(
    told: Counts, p50: float | None, p99: float | None, at: float, size: int
) -> None:
    tally = Tally().after(Sample("p", 0, at, 1.8e9, told, p50, p99, size)).after(Sample("q", at, at + 9, 1.8e9, told))
    items = [meter._told(LABEL, number, one) for number, one in tally.minutes.items()]

    taken = schemas.ToldMinutes.model_validate(sent(*items)).items

    # One minute holds so many at most; two readings may be of two minutes.
    assert min(2**40, 2 * told.requests) <= sum(item.requests for item in taken) <= 2 * told.requests
    assert [item.minute.second for item in taken] == [0] * len(taken)


def test_both_sides_have_the_same_members_as_the_document() -> None:
    section = WIRE.partition("\n## Usage\n")[2]
    example = json.loads(section.partition("```json")[2].partition("```")[0].replace("env_…", f"env_{LABEL}"))

    assert set(example) == set(sent(Usage.model_validate(example))["items"][0]) == _members(schemas.ToldMinute)
    schemas.ToldMinute.model_validate(example)


def test_the_call_is_served_and_takes_as_many_as_are_sent() -> None:
    served = {
        (route.path, str(route.methods)) for route in endpoints.internal_router.routes if isinstance(route, APIRoute)
    }
    example = json.loads(
        WIRE.partition("\n## Usage\n")[2].partition("```json")[2].partition("```")[0].replace("…", "0" * 27)
    )

    assert (teller.PATH, "{'POST'}") in served
    assert f"`POST {teller.PATH}`" in WIRE
    schemas.ToldMinutes.model_validate(sent(*[Usage.model_validate(example)] * meter._AT_ONCE))


def test_what_is_newer_than_the_control_plane_is_ignored() -> None:
    example = json.loads(
        WIRE.partition("\n## Usage\n")[2].partition("```json")[2].partition("```")[0].replace("…", "0" * 27)
    )

    schemas.ToldMinutes.model_validate({"items": [example | {"fresh": 1}], "fresh": True})


def _members(model: type[schemas.ToldMinute]) -> set[str]:
    return {re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in model.model_fields}
