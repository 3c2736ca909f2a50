"""Where one installation keeps its state, its sockets and its ports."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

CHECKOUT = Path(__file__).resolve().parent.parent
_NOT_FOR_NGINX = set('"{}$\\\n')


class Refused(Exception):
    """This cannot go on; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Ports:
    """TCP ports on 127.0.0.1."""

    api: int = 8000
    ingress: int = 8080
    admin: int = 9070
    tunnel_proxy: int = 9080
    relay: int = 9090
    environments_from: int = 8100
    sample_service: int = 9081

    @staticmethod
    def chosen(base: str | None) -> Ports:
        """From the value of ``CONTROLPLANE_PORT_BASE``, or the defaults. Raises `Refused` for what is no port."""
        if not base:
            return Ports()
        if not base.isdecimal() or not 1024 <= int(base) <= 65000:
            raise Refused(f"CONTROLPLANE_PORT_BASE is {base!r}; set it to a number from 1024 to 65000.")
        first = int(base)
        return Ports(first, first + 1, first + 2, first + 3, first + 4, first + 100, first + 5)


@dataclass(frozen=True)
class Layout:
    """One installation: ``home`` holds its state, ``run`` (short, for sockets) exists while it runs."""

    home: Path
    run: Path
    ports: Ports
    public_url: str = ""

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def secrets(self) -> Path:
        return self.home / "secrets"

    @property
    def processes(self) -> Path:
        """Locks and records of the processes that are kept."""
        return self.home / "processes"

    @property
    def endpoints(self) -> Path:
        return self.home / "endpoints.json"

    @property
    def status(self) -> Path:
        return self.home / "status.json"

    @property
    def demo(self) -> Path:
        return self.home / "demo.json"

    @property
    def api_socket(self) -> Path:
        return self.run / "api-internal.sock"

    @property
    def agent_socket(self) -> Path:
        return self.run / "agent.sock"

    @property
    def guard_socket(self) -> Path:
        return self.run / "edge" / "guard.sock"

    @property
    def h2c_socket(self) -> Path:
        return self.run / "edge" / "h2c.sock"

    @property
    def relay_socket(self) -> Path:
        return self.run / "relay.sock"

    @property
    def console_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def address(self) -> str:
        """What people open: cookies and the checks of origins belong to it."""
        return self.public_url.rstrip("/") or self.console_url

    def log(self, name: str) -> Path:
        """Log file of the process ``name``."""
        return self.logs / f"{name}.log"


def locate(env: Mapping[str, str]) -> Layout:
    """The installation that ``CONTROLPLANE_HOME`` and ``CONTROLPLANE_PORT_BASE`` name. Touches nothing.

    Raises `Refused`.
    """
    home = Path(env.get("CONTROLPLANE_HOME") or CHECKOUT / ".controlplane").expanduser().resolve()
    return Layout(
        home,
        run_directory(home, env),
        Ports.chosen(env.get("CONTROLPLANE_PORT_BASE")),
        env.get("CONTROLPLANE_PUBLIC_URL", ""),
    )


def as_it_runs(layout: Layout) -> Layout:
    """With the ports it was started with, if it runs: addresses that are told to others have to be the true ones."""
    try:
        api = urlsplit(str(json.loads(layout.endpoints.read_text())["apiUrl"])).port
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return layout
    if api in (None, layout.ports.api):
        return layout
    return replace(layout, ports=Ports.chosen(None if api == Ports.api else str(api)))


def run_directory(home: Path, env: Mapping[str, str]) -> Path:
    """A short path of ``home``'s own: a socket's path may have 107 bytes (unix(7)).

    What runs is found again where it was started: a login has XDG_RUNTIME_DIR, a cron job of the same user has not.
    """
    digest, user = hashlib.sha256(os.fsencode(home)).hexdigest()[:10], os.geteuid()
    if user == 0:
        return Path("/run") / f"controlplane-{digest}"
    login = env.get("XDG_RUNTIME_DIR")
    places = (Path(login or f"/run/user/{user}"), Path("/tmp"))  # noqa: S108 - owner and mode are checked
    first, second = (place / f"controlplane-{user}-{digest}" for place in places)
    if _is_ours(first) or (login and not _is_ours(second)):
        return first
    return second


def _is_ours(directory: Path) -> bool:
    try:
        return directory.lstat().st_uid == os.geteuid()
    except OSError:
        return False


def make_directories(layout: Layout) -> None:
    """Create what is missing. Raises `Refused` when a place belongs to another account or cannot be made."""
    for place in (layout.home, CHECKOUT):
        if set(str(place)) & _NOT_FOR_NGINX:
            raise Refused(f"{str(place)!r} has a character that nginx cannot take; use a folder with a plainer name.")
    try:
        for private in (layout.home, layout.secrets, layout.logs):
            private.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_run_directory(layout.run)
    except PermissionError as error:
        raise Refused(
            f"{error.filename} is not writable for this account; set CONTROLPLANE_HOME to a folder that is."
        ) from error
    except OSError as error:
        raise Refused(
            f"{error.filename} cannot be made ({error.strerror}); set CONTROLPLANE_HOME to a folder that can."
        ) from error


def make_run_directory(run: Path) -> None:
    """0711 for root, whose sockets other accounts must reach; 0700 for anybody else. Raises `Refused`."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    # Others may have been here first, in /tmp, with a file or with a link to nowhere.
    with contextlib.suppress(FileExistsError):
        run.mkdir(mode=0o700)
    found = run.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Refused(f"{run} belongs to another account; remove it, or set CONTROLPLANE_HOME to another folder.")
    run.chmod(mode)
