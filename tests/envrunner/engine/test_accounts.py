"""Numeric accounts of engines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from envrunner.engine import accounts
from envrunner.engine.accounts import AccountNotHere, AccountsExhausted, EngineAccounts, block_of
from tests.envrunner.nodes import IS_ROOT


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_each_has_its_own_for_ever(tmp_path: Path, as_root: None) -> None:
    given = EngineAccounts(tmp_path, 200_000)
    assert [given.of(label) for label in ("a", "b", "a")] == [200_000, 200_001, 200_000]
    again = EngineAccounts(tmp_path, 200_000)
    assert [again.of(label) for label in ("c", "b")] == [200_002, 200_001]
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600


def test_none_is_given_twice_when_they_run_out(tmp_path: Path, as_root: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "RANGE", 2)
    given = EngineAccounts(tmp_path, 200_000)
    given.of("a")
    given.of("b")
    with pytest.raises(AccountsExhausted, match="2 engine accounts"):
        given.of("c")


def test_a_container_without_such_accounts_says_what_to_do(
    tmp_path: Path, as_root: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "map").write_text("         0       1000          1\n         1     100000      65535\n")
    monkeypatch.setattr(accounts, "_UID_MAP", tmp_path / "map")
    with pytest.raises(AccountNotHere, match="ENVRUNNER_ENGINE_UID_FROM"):
        EngineAccounts(tmp_path).of("a")
    assert EngineAccounts(tmp_path, 65_535).of("a") == 65_535


def test_nodes_on_one_machine_have_blocks_of_their_own(tmp_path: Path) -> None:
    blocks = {block_of(tmp_path / str(number)) for number in range(5)}
    assert all(1_900_000_000 <= first < 2**31 - accounts.RANGE for first in blocks)
    assert all(first % accounts.RANGE == 0 for first in blocks)
    assert len(blocks) > 1


def test_an_ordinary_user_has_only_his_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert EngineAccounts(tmp_path).of("a") is None
    assert accounts.edge_account() is None


@pytest.mark.skipif(not IS_ROOT, reason="only root chooses an account for the edge")
def test_the_edge_is_not_root() -> None:
    assert accounts.edge_account() not in {0, None}
