"""A supervisor of small processes, in place of the real parts.

Run as a program, with CONTROLPLANE_HOME and CONTROLPLANE_PORT_BASE set, it is that supervisor, or with the argument
``up`` what a person sees of it.

``api`` answers HTTP in a child of its own, as nginx does; ``echo`` cannot be asked; ``broken`` ends at once, while
the file ``broken`` is in the home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded import commands, probes, up
from embedded.layout import CHECKOUT, Layout, locate, make_directories
from embedded.part import SETUP, Part
from embedded.supervisor import Supervisor
from envrunner.keep.keeper import Program

_MASTER = """
import http.server, os, signal, sys, threading
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler)
child = os.fork()
if not child:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    server.serve_forever()
server.socket.close()
signal.signal(signal.SIGTERM, lambda *_: (os.kill(child, signal.SIGTERM), sys.exit(0)))
os.wait()
"""


def parts(layout: Layout) -> list[Part]:
    port = layout.ports.api

    def web() -> bool:
        return probes.http_status(port, "/") == 200

    found = [
        Part("echo", program(layout, "echo", "import time; time.sleep(3600)"), after=(SETUP,)),
        Part("api", program(layout, "api", _MASTER, str(port)), web, after=("echo",)),
    ]
    if (layout.home / "broken").exists():
        found.append(Part("broken", program(layout, "broken", "raise SystemExit('out of luck')")))
    return found


def program(layout: Layout, name: str, code: str, *arguments: str) -> Callable[[], Program]:
    argv = [sys.executable, "-c", code, *arguments]
    return lambda: Program(name, argv, dict(os.environ), Path("/"), layout.log(name))


def supervisor_program(layout: Layout) -> Program:
    """In place of the program that `embedded.commands` starts."""
    env = {**os.environ, "CONTROLPLANE_HOME": str(layout.home), "CONTROLPLANE_PORT_BASE": str(layout.ports.api)}
    return Program("supervisor", [sys.executable, "-m", "tests.embedded.toy"], env, CHECKOUT, layout.log("supervisor"))


def replace_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on `embedded.commands` starts toys."""
    monkeypatch.setattr(commands, "_program", supervisor_program)
    monkeypatch.setattr(commands, "all_parts", parts)


def main(arguments: list[str]) -> int:
    layout = locate(os.environ)
    if arguments == ["up"]:
        replace_parts(pytest.MonkeyPatch())
        return up.up(layout, detach=False, with_demo=False)
    make_directories(layout)
    return Supervisor(layout, parts(layout), lambda: None).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
