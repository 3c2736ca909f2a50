"""The relay's protocol in machine code (docs/decisions/0015): done where there is a C compiler, left out elsewhere."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sysconfig
import threading
import time
from pathlib import Path

from envrunner.relay import compiled
from script.checkout import Checkout

_SECONDS = 300.0
_AGAIN_SECONDS = 86_400.0


def settled(checkout: Checkout) -> bool:
    """Whether there is nothing to do: it is there, it failed lately with these sources, or there is no compiler."""
    folder = compiled.folder(checkout.venv)
    return folder.is_dir() or _failed_lately(folder) or _compiler() is None or not _lock(checkout).exists()


class Compiling:
    """In the background, beside the other installs. It never fails them: the same code is interpreted then."""

    def __init__(self, checkout: Checkout, uv: Path, env: dict[str, str]) -> None:
        self._checkout, self._uv, self._env = checkout, uv, env
        self._thread = threading.Thread(target=self._run)
        if not settled(checkout):
            self._thread.start()

    @property
    def under_way(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        """Until it is done."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        folder = compiled.folder(self._checkout.venv)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            for command in (self._fetch(), self._compile(part)):
                self._do(command, part / "log")
            _forget_others(folder, part)
            (part / "built").rename(folder)
        except (OSError, subprocess.SubprocessError) as error:
            compiled.failure(folder).write_text(f"{(part / 'log').read_text(errors='replace')}\n{error}\n")
        shutil.rmtree(part, ignore_errors=True)

    def _do(self, command: list[str], log: Path) -> None:
        env = self._env | {"PYTHONPATH": str(self._tools)}
        with log.open("ab") as said:
            subprocess.run(
                command, cwd=self._checkout.root, env=env, timeout=_SECONDS, check=True,
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip

    @property
    def _tools(self) -> Path:
        """mypyc, apart from the environment as uv is, whose syncs would remove it."""
        return self._checkout.venv / "compiler"

    def _fetch(self) -> list[str]:
        install = [
            str(self._uv),
            "pip",
            "install",
            "--python",
            str(self._checkout.python),
            "--target",
            str(self._tools),
        ]
        return [*install, "--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(_lock(self._checkout))]

    def _compile(self, part: Path) -> list[str]:
        script = self._checkout.root / "script" / "relay_compiler.py"
        return [str(self._checkout.python), "-P", str(script), str(self._checkout.root), str(part)]


def _lock(checkout: Checkout) -> Path:
    return checkout.root / "compiler.lock.txt"


def _forget_others(folder: Path, part: Path) -> None:
    """What older sources gave. A relay that runs from it keeps it open."""
    for other in folder.parent.iterdir():
        if other != part and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)
        elif other.is_file():
            other.unlink(missing_ok=True)


def _failed_lately(folder: Path) -> bool:
    """What failed may have been the network."""
    with contextlib.suppress(FileNotFoundError):
        return time.time() - compiled.failure(folder).stat().st_mtime < _AGAIN_SECONDS
    return False


def _compiler() -> str | None:
    """The one that Python's own extensions are made with, and only with Python's headers."""
    names = str(sysconfig.get_config_var("CC") or "cc").split()
    if not names or not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return None
    return shutil.which(names[0])
