"""Specs on disk: one damaged file costs nothing but itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from envrunner.agent.store import SpecStore
from tests.envrunner.specs import spec


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"\xff\xfe{}", b"{"])
def test_a_damaged_file_keeps_no_other_from_being_read(tmp_path: Path, damage: bytes) -> None:
    store = SpecStore(tmp_path / "specs")
    for number in (1, 2):
        store.write(spec(number))
    (damaged,) = (tmp_path / "specs").glob(f"*{spec(1).label}.json")
    damaged.write_bytes(damage)
    assert store.load() == [spec(2)]
    assert damaged.read_bytes() == damage
