"""What the edge notes as a change has a name in the control plane's audit events."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controlplane.edge_audit.actions import OTHER, action_of

RULES = (Path(__file__).parents[2] / "envrunner" / "edge" / "rules.js").read_text()
WRITES = re.findall(r"'([A-Z]+) (/[^']*)'", RULES.partition("function writes()")[2].partition("\n}")[0])


def test_there_are_changes() -> None:
    assert len(WRITES) > 25


@pytest.mark.parametrize(("method", "path"), [*WRITES, ("POST", "/query")])
def test_each_change_has_a_name(method: str, path: str) -> None:
    assert action_of(method, path.replace("*", "x_1")) != OTHER
