"""Finding the engine's executable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from envrunner.engine.binaries import UnknownEngineVersion, available, find
from tests.envrunner.nodes import ROOT
from tests.envrunner.specs import ENGINE_VERSION


def install(directory: Path, package: str, version: str) -> None:
    (directory / "node_modules" / package / "bin").mkdir(parents=True)
    (directory / "node_modules" / package / "bin" / "restate-server").write_text("")
    (directory / "node_modules" / package / "package.json").write_text(json.dumps({"version": version}))


def test_the_locked_one_is_here() -> None:
    assert find(ROOT, ENGINE_VERSION).path.is_file()


def test_several_versions_side_by_side(tmp_path: Path) -> None:
    install(tmp_path, "@restatedev/restate-server-linux-x64", "1.7.12")
    install(tmp_path, "restate-server-1.6", "1.6.2")
    assert [one.version for one in available(tmp_path)] == ["1.7.12", "1.6.2"]
    assert find(tmp_path, "1.6.2").path.parts[-3:] == ("restate-server-1.6", "bin", "restate-server")


def test_an_unknown_version_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UnknownEngineVersion, match=r"1\.0\.0 is not installed on this runner \(available: none\)"):
        find(tmp_path, "1.0.0")
    install(tmp_path, "@restatedev/restate-server-linux-x64", "1.7.12")
    with pytest.raises(UnknownEngineVersion, match=r"available: 1\.7\.12"):
        find(tmp_path, "1.0.0")


def test_a_half_installed_package_does_not_count(tmp_path: Path) -> None:
    install(tmp_path, "@restatedev/restate-server-linux-x64", "1.7.12")
    (tmp_path / "node_modules/@restatedev/restate-server-linux-x64/bin/restate-server").unlink()
    assert available(tmp_path) == []
