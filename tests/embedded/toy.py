"""A supervisor of small processes: run as a program with CONTROLPLANE_HOME set, in place of the real parts.

``api`` answers HTTP in a child of its own, as nginx does; ``echo`` cannot be asked; ``broken`` ends at once, while
the file ``broken`` is in the home.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from embedded import probes
from embedded.layout import Layout, Ports, locate, make_directories
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


def main() -> int:
    found = locate(os.environ)
    layout = Layout(found.home, found.run, Ports.chosen(os.environ["CONTROLPLANE_PORT_BASE"]))
    make_directories(layout)
    return Supervisor(layout, parts(layout), lambda: None).run()


if __name__ == "__main__":
    sys.exit(main())
