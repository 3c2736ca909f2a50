"""The stock CLI's configuration file: links, modes, other writers, and files that cannot be used."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rcloud import state, stock_config
from rcloud.errors import Failure
from tests.support.rcloud import CHECKOUT

URLS = {"ingress_base_url": "http://127.0.0.1:8100", "admin_base_url": "http://127.0.0.1:8101"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RESTATE_CLI_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RESTATE_CLI_CONFIG_HOME", str(tmp_path / "restate"))
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_where_it_is(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stock_config.path() == home / "restate" / "config.toml"
    monkeypatch.setenv("RESTATE_CLI_CONFIG", str(home / "mine.toml"))
    assert stock_config.path() == home / "mine.toml"
    monkeypatch.delenv("RESTATE_CLI_CONFIG")
    monkeypatch.delenv("RESTATE_CLI_CONFIG_HOME")
    assert stock_config.path() == home / ".config" / "restate" / "config.toml"


def test_a_first_login_makes_a_private_file_in_a_private_directory() -> None:
    assert stock_config.login() == (None, None)
    stock_config.write_login("http://plane", "a.b")
    assert stock_config.login() == ("http://plane", "a.b")
    assert (mode(stock_config.path()), mode(stock_config.directory())) == (0o600, 0o700)


def test_a_file_that_others_could_read_no_longer_can() -> None:
    stock_config.write_login("http://plane", "a.b")
    stock_config.path().chmod(0o644)
    stock_config.write_login("http://plane", "a.b")
    assert mode(stock_config.path()) == 0o600


def test_a_symlink_stays_one(home: Path) -> None:
    target = home / "dotfiles" / "restate.toml"
    target.parent.mkdir()
    target.write_text("# mine\n")
    stock_config.directory().mkdir()
    stock_config.path().symlink_to(Path("..", "dotfiles", "restate.toml"))

    stock_config.write_login("http://plane", "a.b")

    assert stock_config.path().is_symlink()
    assert target.read_text().startswith("# mine\n")
    assert stock_config.login() == ("http://plane", "a.b")
    assert sorted(path.name for path in target.parent.iterdir()) == ["restate.toml"]


def test_a_symlink_to_nowhere_makes_its_target(home: Path) -> None:
    stock_config.directory().mkdir()
    stock_config.path().symlink_to(home / "later" / "config.toml")
    stock_config.write_login("http://plane", "a.b")
    assert (home / "later" / "config.toml").is_file()


@pytest.mark.parametrize("content", [b"[local]\nbroken = \n", b"[local]\nx = '\xff'\n", b"global = 1\n"])
def test_a_file_that_is_no_toml_is_left_alone(content: bytes) -> None:
    stock_config.directory().mkdir()
    stock_config.path().write_bytes(content)
    with pytest.raises(Failure) as refused:
        stock_config.write_login("http://plane", "a.b")
    assert str(stock_config.path()) in refused.value.message
    assert "nothing was changed" in str(refused.value.advice)
    assert stock_config.path().read_bytes() == content
    assert [path.name for path in stock_config.directory().iterdir()] == ["config.toml"]


def test_a_place_that_cannot_be_written_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("RESTATE_CLI_CONFIG", str(home / "file" / "config.toml"))
    with pytest.raises(Failure) as refused:
        stock_config.write_login("http://plane", "a.b")
    assert str(home / "file" / "config.toml") in refused.value.message
    monkeypatch.setenv("RESTATE_CLI_CONFIG", str(home / "loop"))
    (home / "loop").symlink_to(home / "loop")
    with pytest.raises(Failure) as refused:
        stock_config.write_login("http://plane", "a.b")
    assert str(home / "loop") in refused.value.message


def test_a_profile_is_added_and_changed_beside_its_other_keys() -> None:
    stock_config.directory().mkdir()
    stock_config.path().write_text('[dev]\nbearer_token = "mine" # keep\n\n[local]\nx = 1\n')
    stock_config.write_profile("dev", URLS, "acc_1", "env_1")
    stock_config.write_profile("dev", URLS, "acc_1", "env_2")
    content = tomllib.loads(stock_config.path().read_text())
    assert content["dev"] == {
        "bearer_token": "mine",
        "environment_type": "cloud",
        **URLS,
        "cloud": {"account_id": "acc_1", "environment_id": "env_2"},
    }
    assert content["local"] == {"x": 1}
    assert '"mine" # keep\n' in stock_config.path().read_text()


def test_the_profile_in_use_is_one_word_without_a_line_end() -> None:
    assert stock_config.use_profile("dev").read_bytes() == b"dev"
    assert stock_config.use_profile("prod").read_bytes() == b"prod"


def test_logging_out_keeps_the_address_and_makes_no_file() -> None:
    stock_config.forget_token()
    assert not stock_config.path().exists()
    stock_config.write_login("http://plane", "a.b")
    stock_config.forget_token()
    assert stock_config.login() == ("http://plane", None)


WRITER = """
import sys
from rcloud import stock_config
number = sys.argv[1]
for turn in range(10):
    stock_config.write_profile(f"p{number}", {"ingress_base_url": str(turn)}, "acc_1", f"env_{turn}")
"""


def test_writers_at_the_same_time_lose_nothing() -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(n)], env=environment) for n in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    content = tomllib.loads(stock_config.path().read_text())
    assert sorted(content) == ["p0", "p1", "p2", "p3"]
    assert all(profile["cloud"]["environment_id"] == "env_9" for profile in content.values())
    assert [path.name for path in stock_config.directory().iterdir()] == ["config.toml"]


def test_default_accounts_are_remembered_for_each_plane(home: Path) -> None:
    state.set_default_account("http://one", "acc_1")
    state.set_default_account("http://two", "acc_2")
    state.set_default_account("http://one", None)
    assert (state.default_account("http://one"), state.default_account("http://two")) == (None, "acc_2")
    assert state.path() == home / ".config" / "rcloud" / "state.json"


@pytest.mark.parametrize("content", ["{", "[]", '{"defaultAccounts": 1}'])
def test_a_damaged_state_is_named(content: str) -> None:
    state.path().parent.mkdir(parents=True)
    state.path().write_text(content)
    with pytest.raises(Failure) as refused:
        state.default_account("http://one")
    assert str(state.path()) in refused.value.message
