"""Installing into the checkout: when it is done again, what it refuses, and what it takes over from the caller."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from script import bootstrap, installers, surroundings
from script.checkout import Checkout, Refused
from tests.support.waiting import until


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with locks and a pretended environment, but nothing in it."""
    root = tmp_path / "a check out"
    root.mkdir()
    for name in ("requirements.lock", "requirements-dev.lock", "package-lock.json"):
        (root / name).write_text("{}")
    (root / "uv.lock.txt").write_text("uv==1.2.3 --hash=sha256:0\n")
    (root / "pyproject.toml").write_text('[project]\nname = "x"\n[project.scripts]\nhello = "greeting:hello"\n')
    made = Checkout(root)
    made.site_packages.mkdir(parents=True)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    return made


def stamp(checkout: Checkout, level: str) -> None:
    checkout.stamp.write_text(json.dumps(bootstrap.wanted(checkout, level)))


def test_nothing_is_installed_without_a_stamp(checkout: Checkout) -> None:
    assert not bootstrap.installed(checkout, "embedded")


def test_a_stamp_is_good_until_a_lock_changes(checkout: Checkout) -> None:
    stamp(checkout, "embedded")
    assert bootstrap.installed(checkout, "embedded")
    (checkout.root / "package-lock.json").write_text('{"packages": {}}')
    assert not bootstrap.installed(checkout, "embedded")


def test_what_is_there_for_tests_is_enough_to_start_but_not_the_other_way_round(checkout: Checkout) -> None:
    stamp(checkout, "test")
    assert bootstrap.installed(checkout, "embedded")
    stamp(checkout, "embedded")
    assert not bootstrap.installed(checkout, "test")


def test_a_stamp_does_not_count_in_another_place(checkout: Checkout) -> None:
    stamp(checkout, "embedded")
    moved = Checkout(Path(shutil.move(checkout.root, checkout.root.with_name("moved"))))
    assert not bootstrap.installed(moved, "embedded")


def test_a_new_command_is_written(checkout: Checkout) -> None:
    stamp(checkout, "embedded")
    with (checkout.root / "pyproject.toml").open("a") as project:
        project.write('more = "greeting:hello"\n')
    assert not bootstrap.installed(checkout, "embedded")


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64"), ("win32", "AMD64")])
def test_other_platforms_are_refused_by_name(system: str, machine: str) -> None:
    with pytest.raises(Refused, match=rf"{system} on {machine}.*Linux"):
        bootstrap.refuse_platform(system, machine)


def test_a_full_disk_is_named_before_anything_is_done(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=7_000_000))
    with pytest.raises(Refused, match="7 MB free"):
        bootstrap.ensure(checkout.root, "embedded")
    assert not checkout.log.exists()


def test_two_installers_wait_for_each_other(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    release, calls = threading.Event(), []

    def install(found: Checkout, level: str) -> None:
        calls.append(level)
        release.wait(30)
        stamp(found, level)

    monkeypatch.setattr(bootstrap, "_install", install)
    runs = [threading.Thread(target=bootstrap.ensure, args=(checkout.root, "embedded")) for _ in range(3)]
    for run in runs:
        run.start()
    until(lambda: calls)
    release.set()
    for run in runs:
        run.join(30)
    assert calls == ["embedded"]


@pytest.mark.parametrize("wanted", [True, False])
def test_who_stops_a_plane_waits_for_no_console(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    stamp(checkout, "embedded")
    built: list[Checkout] = []
    monkeypatch.setattr(installers, "console_current", lambda _: False)
    monkeypatch.setattr(bootstrap, "_build_console", built.append)
    bootstrap.ensure(checkout.root, "embedded", console=wanted)
    assert built == [checkout] * wanted


def test_a_checkout_prepared_for_tests_stays_so(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout.site_packages / "pytest").mkdir()
    levels: list[str] = []
    monkeypatch.setattr(bootstrap, "_install", lambda found, level: levels.append(level))
    bootstrap.ensure(checkout.root, "embedded")
    assert levels == ["test"]


def test_commands_run_from_a_path_with_blanks(checkout: Checkout) -> None:
    (checkout.site_packages / "greeting.py").write_text("def hello() -> int:\n    print('hello')\n    return 3\n")
    installers.write_commands(checkout)
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout.site_packages)}
    done = subprocess.run([checkout.venv / "bin" / "hello"], capture_output=True, text=True, check=False, env=env)
    assert (done.returncode, done.stdout) == (3, "hello\n"), done.stderr


@pytest.mark.parametrize(
    ("change", "current"),
    [
        (lambda lock: None, True),
        (lambda lock: lock["packages"]["node_modules/engine"].update(integrity="sha512-other"), False),
        (lambda lock: lock["packages"].update({"node_modules/more": {"version": "1"}}), False),
        (lambda lock: lock["packages"].update({"node_modules/windows": {"version": "1", "optional": True}}), True),
    ],
)
def test_node_packages_are_left_alone_while_the_lock_says_the_same(
    tmp_path: Path, change: Callable[[dict[str, dict[str, dict[str, object]]]], None], current: bool
) -> None:
    packages: dict[str, dict[str, object]] = {"node_modules/engine": {"version": "1", "integrity": "sha512-x"}}
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": packages}))
    lock: dict[str, dict[str, dict[str, object]]] = {"packages": {"": {"name": "root"}, **packages}}
    change(lock)
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    assert installers.node_current(tmp_path) is current


def test_mirrors_and_certificates_are_taken_over_but_no_other_habits(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "https://mirror.test/simple",
        "SSL_CERT_FILE": "/certificates.pem",
        "npm_config_registry": "https://mirror.test/npm",
        "PIP_TARGET": "/elsewhere",
        "PIP_USER": "1",
        "UV_SYSTEM_PYTHON": "1",
        "UV_PROJECT_ENVIRONMENT": "/elsewhere",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/elsewhere",
    }
    env = surroundings.for_installers(tmp_path / ".venv", given)
    assert {name for name in given if name not in env} == {
        "PIP_TARGET",
        "PIP_USER",
        "UV_SYSTEM_PYTHON",
        "UV_PROJECT_ENVIRONMENT",
        "PYTHONPATH",
        "VIRTUAL_ENV",
    }
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.test/simple"


def test_pips_configured_mirror_is_uvs_too(tmp_path: Path) -> None:
    (tmp_path / ".config/pip").mkdir(parents=True)
    (tmp_path / ".config/pip/pip.conf").write_text("[global]\nindex-url = https://mirror.test/simple\n")
    env = surroundings.for_installers(tmp_path / ".venv", {"HOME": str(tmp_path)})
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.test/simple"


def test_an_own_index_of_uv_wins(tmp_path: Path) -> None:
    given = {"HOME": str(tmp_path), "PIP_INDEX_URL": "https://pip.test", "UV_INDEX_URL": "https://uv.test"}
    assert "UV_DEFAULT_INDEX" not in surroundings.for_installers(tmp_path / ".venv", given)


@pytest.mark.parametrize("home", [None, "", "/nonexistent"])
def test_without_a_home_the_caches_stay_in_the_checkout(tmp_path: Path, home: str | None) -> None:
    given = {} if home is None else {"HOME": home}
    env = surroundings.for_installers(tmp_path / ".venv", given)
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR", "npm_config_cache"):
        assert Path(env[name]).is_relative_to(tmp_path / ".venv")


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: Failed to fetch: dns error: failed to lookup address", "cannot be reached"),
        ("ERROR: No matching distribution found for uv==1.2.3", "cannot be reached"),
        ("npm error code EAI_AGAIN", "cannot be reached"),
        ("npm error code EINTEGRITY", "not the one that was locked"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
        ("invalid peer certificate: UnknownIssuer", "TLS was refused"),
        ("something nobody thought of", "install.log"),
    ],
)
def test_failures_say_what_to_do(line: str, advice: str) -> None:
    assert advice in surroundings.advice(["Resolving", line])


def test_an_installer_that_fails_is_quoted(checkout: Checkout) -> None:
    installers._run(checkout, "more", ["sh", "-c", "echo something before"], dict(os.environ))
    with pytest.raises(Refused, match=r"(?s)Installing the engine failed\..*EINTEGRITY") as refused:
        installers._run(checkout, "the engine", ["sh", "-c", "echo EINTEGRITY; exit 1"], dict(os.environ))
    assert "something before" not in str(refused.value)
