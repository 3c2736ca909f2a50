"""The relay's protocol as machine code, where the installation had a C compiler; else the same sources, interpreted.

Only the standard library: the installation asks here, too, what is compiled and where it belongs.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import sysconfig
from pathlib import Path

MODULES = (
    "frames", "floods", "compression", "huffman", "rules", "stream", "reading", "sending", "http2", "carrier", "peers",
    "engine", "calls", "keeping", "exchange", "ways", "tunnels", "customer", "identity",
)  # fmt: skip
"""What a call passes through. They derive from one another only, so all of them are compiled or none is."""
_PACKAGE = "envrunner.relay"


def sources() -> list[Path]:
    """Of `MODULES`."""
    return [Path(__file__).with_name(f"{name}.py") for name in MODULES]


def folder(prefix: Path) -> Path:
    """Where in the environment at ``prefix`` the result for this Python, and the sources as they are now, belongs."""
    digest = hashlib.sha256(str(sysconfig.get_config_var("SOABI")).encode())
    for source in [*sources(), Path(__file__).with_name("fields.py")]:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return prefix / "compiled" / digest.hexdigest()[:32]


def failure(of: Path) -> Path:
    """Where it is written why the result for ``of``, one of `folder`, could not be made."""
    return of.with_suffix(".failed")


def in_use() -> bool:
    """Whether this process runs them."""
    frames = sys.modules.get(f"{_PACKAGE}.frames")
    return frames is not None and not str(frames.__file__).endswith(".py")


def interpreted(wanted: bool) -> str | None:
    """Why this process does not run them, and what to do about it; None where it does. ``wanted``: by its settings."""
    if in_use():
        return None
    if not wanted:
        return "ENVRUNNER_RELAY_COMPILED=false switches machine code off; without it a restart of the relay brings it."
    found = folder(Path(sys.prefix))
    if found.is_dir():
        return (
            "there is machine code for it by now, so restart it (script/down, script/up). If that changes nothing, its "
            "log says why."
        )
    if (why := failure(found)).exists():
        return f"compiling it failed, and {why} says why. Mend that, remove the file, then script/down and script/up."
    return (
        "there is no machine code of its sources as they are. Install a C compiler and Python's headers (Debian: gcc, "
        "python3-dev) unless they are there, then script/down and script/up."
    )


def use() -> bool:
    """Import compiled modules from now on, if they are there. Call it before any of them is imported."""
    found = folder(Path(sys.prefix))
    if not found.is_dir():
        return False
    package = importlib.import_module(_PACKAGE)
    sys.path.append(str(found))
    package.__path__.insert(0, str(found.joinpath(*_PACKAGE.split("."))))
    try:
        # One stands for all: they are in one library.
        importlib.import_module(f"{_PACKAGE}.frames")
    except ImportError as error:
        sys.stderr.write(f"The relay is interpreted: {found} cannot be loaded ({error}).\n")
        sys.path.remove(str(found))
        del package.__path__[0]
        return False
    return True
