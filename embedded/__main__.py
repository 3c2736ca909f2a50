"""`python -m embedded up|down|supervise|operate`: the commands behind script/up, script/down and `controlplane`."""

from __future__ import annotations

import argparse
import os
import sys

from embedded import supervisor, up
from embedded.layout import Layout, Refused, locate
from embedded.surroundings import for_processes


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused or failed (one message on stderr says why)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "supervise":
            return supervisor.main()
        layout = locate(os.environ)
        if options.command == "down":
            return up.down(layout)
        if options.command == "operate":
            return _operate(layout, options.arguments)
        return up.up(layout, detach=options.detach, with_demo=options.demo)
    except Refused as refusal:
        print(f"✗ {refusal}", file=sys.stderr)
        return 1


def _operate(layout: Layout, arguments: list[str]) -> int:
    """Become `controlplane`, told where this installation's database, broker and secrets are."""
    if not layout.secrets.is_dir():
        raise Refused(f"There is no installation in {layout.home}. Start one with script/up, or set CONTROLPLANE_HOME.")
    command = [sys.executable, "-m", "controlplane", *arguments]
    os.execve(sys.executable, command, for_processes(layout, os.environ))  # noqa: S606 - meant: it takes over


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/up", description="The whole of it on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", prog="script/up", help="start everything and stay with a live status")
    start.add_argument("--detach", action="store_true", help="return when everything answers")
    start.add_argument("--demo", action="store_true", help="also make an account, an environment and a sample service")
    commands.add_parser("down", prog="script/down", help="stop everything")
    commands.add_parser("supervise", help="keep all processes (started by up)")
    operate = commands.add_parser("operate", help="run a command of `controlplane` in this installation")
    operate.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
