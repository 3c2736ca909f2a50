"""Who gets credentials when, by a keeper whose clock the test moves; AWS is asked by a double that counts."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from envrunner.aws.door import LASTS, AwsTrouble, Credentials
from envrunner.aws.keeper import Keeper
from envrunner.engine.aws import CREDENTIALS_FILE, SCRIPT_FILE
from envrunner.settings import Settings
from tests.envrunner.aws.conftest import US
from tests.envrunner.nodes import Node
from tests.envrunner.specs import spec

A, B = spec(1), spec(2)


class Asked:
    """Takes the place of the door."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.ids: list[str] = []
        self.trouble = False

    def session(self, environment_id: str) -> Credentials:
        self.ids.append(environment_id)
        if self.trouble:
            raise AwsTrouble("AWS is away.")
        return Credentials(f"ASIA{len(self.ids)}", "secret", "token", self.now + LASTS)


@pytest.fixture
def door() -> Asked:
    return Asked()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = Node(tmp_path, aws_role_arn=US.role_arn).settings
    for one in (A, B):
        (given.engines_dir / one.label).mkdir(parents=True)
    return given


@pytest.fixture
def keeper(settings: Settings, door: Asked) -> Keeper:
    return Keeper(settings, door, lambda: door.now)  # type: ignore[arg-type]


def kept(settings: Settings, label: str) -> Path:
    return settings.engines_dir / label / CREDENTIALS_FILE


def test_each_is_given_its_own_and_again_before_it_ends(keeper: Keeper, door: Asked, settings: Settings) -> None:
    both = [A.environment_id, B.environment_id]
    keeper.round(both)
    keeper.round(both)
    assert door.ids == both
    written = json.loads(kept(settings, A.label).read_text())
    assert written["AccessKeyId"] == "ASIA1"
    assert datetime.fromisoformat(written["Expiration"]) > door.now
    assert stat.S_IMODE(kept(settings, A.label).stat().st_mode) == 0o600
    assert "cat aws.json" in (settings.engines_dir / A.label / SCRIPT_FILE).read_text()
    door.now += timedelta(minutes=34)
    keeper.round(both)
    assert door.ids == both
    door.now += timedelta(minutes=2)
    keeper.round([A.environment_id])
    assert door.ids == [*both, A.environment_id]


def test_one_that_comes_back_is_given_anew(keeper: Keeper, door: Asked) -> None:
    keeper.round([A.environment_id])
    keeper.round([])
    keeper.round([A.environment_id])
    assert door.ids == [A.environment_id] * 2


def test_what_stands_in_the_way_of_one_keeps_no_other_waiting(keeper: Keeper, door: Asked, settings: Settings) -> None:
    kept(settings, A.label).mkdir()
    for _ in range(3):
        keeper.round([A.environment_id, B.environment_id])
    assert kept(settings, B.label).is_file()
    assert door.ids == [A.environment_id, B.environment_id]


def test_a_planted_pipe_or_link_is_neither_read_nor_followed(
    keeper: Keeper, door: Asked, settings: Settings, tmp_path: Path
) -> None:
    os.mkfifo(kept(settings, A.label))
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    kept(settings, B.label).symlink_to(victim)
    door.trouble = True
    keeper.round([A.environment_id, B.environment_id])
    door.trouble = False
    door.now += timedelta(minutes=1)
    keeper.round([A.environment_id, B.environment_id])
    assert victim.read_text() == "untouched"
    assert kept(settings, B.label).is_file()
    assert not kept(settings, B.label).is_symlink()


def test_expired_ones_are_withdrawn_while_aws_is_away(keeper: Keeper, door: Asked, settings: Settings) -> None:
    keeper.round([A.environment_id])
    door.trouble = True
    door.now += timedelta(minutes=50)
    keeper.round([A.environment_id])
    assert kept(settings, A.label).exists()
    door.now += timedelta(minutes=11)
    keeper.round([A.environment_id])
    assert not kept(settings, A.label).exists()
