"""What the runner sends of logs is what the control plane takes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st

from controlplane.logs import schemas
from controlplane.provisioning import endpoints as provisioning
from envrunner.shipping import lines, shipper, tail
from envrunner.shipping.lines import Cleaner, Line
from envrunner.shipping.position import Position, Positions, first
from envrunner.shipping.turns import Source

WIRE = (Path(__file__).resolve().parents[2] / "docs" / "wire.md").read_text()
LABEL = "0" * 27
clean = Cleaner([], 16 * 1024)


def sent(*given: Line) -> dict[str, Any]:
    """The body of the call, as it travels."""
    source = Source("engine", Path("engines"), Positions(Path("positions")))
    sending = shipper._Sending(source, LABEL, tail.Portion(list(given), Position(sequence=1), more=False), None)
    body: dict[str, Any] = json.loads(json.dumps({"items": [shipper._item(sending)]}))
    return body


@given(raw=st.binary(max_size=300), sequence=st.integers(1, 2**63 - 1))
def test_every_line_of_an_engine_is_taken(raw: bytes, sequence: int) -> None:
    found = lines.head(raw, datetime.now(UTC))
    line = Line(sequence, found.at, found.level, "engine", clean(raw, len(raw)))

    (taken,) = schemas.Delivery.model_validate(sent(line)).items[0].lines

    assert (taken.sequence, taken.level.value, taken.source.value) == (sequence, found.level, "engine")
    assert taken.at == found.at
    assert taken.line == line.line
    assert "\0" not in taken.line


def test_the_longest_line_that_can_be_set_is_taken() -> None:
    line = Line(1, datetime.now(UTC), "INFO", "node", Cleaner([], 64 * 1024)(b"x" * 10**6, 10**6))

    schemas.Delivery.model_validate(sent(line))


def test_both_sides_have_the_same_members_as_the_document() -> None:
    example = json.loads(WIRE.partition("## Logs")[2].partition("```json")[2].partition("```")[0])
    item = sent(Line(1, datetime.now(UTC), "INFO", "node", ""))["items"][0]

    assert set(example) == set(item) == _members(schemas.NewLines)
    assert set(example["lines"][0]) == set(item["lines"][0]) == _members(schemas.NewLine)
    schemas.NewLines.model_validate(example)


def test_the_words_are_those_of_the_document() -> None:
    assert {level.value for level in schemas.Level} == lines._LEVELS
    for word in (*schemas.Level, *schemas.Source):
        assert f"`{word.value}`" in WIRE


def test_the_call_is_served() -> None:
    served = {(route.path, str(route.methods)) for route in provisioning.router.routes if isinstance(route, APIRoute)}

    assert (shipper.PATH, "{'POST'}") in served
    assert f"`POST {shipper.PATH}`" in WIRE


def test_a_fresh_count_begins_above_an_older_one_and_fits_every_reader_of_json() -> None:
    older = Position(sequence=first().sequence)
    later = first().sequence

    assert older.sequence <= later < 2**53


def test_what_is_newer_than_the_control_plane_is_ignored() -> None:
    body = sent(Line(1, datetime.now(UTC), "INFO", "engine", "x"))
    body["items"][0]["lines"][0]["fresh"] = body["items"][0]["fresh"] = body["fresh"] = True

    schemas.Delivery.model_validate(body)


def _members(model: type[schemas.Delivered]) -> set[str]:
    return {re.sub(r"_(\w)", lambda found: found[1].upper(), name) for name in model.model_fields}
