"""`python -m embedded up|down|supervise|operate`: the commands behind script/up, script/down and `controlplane`."""

from __future__ import annotations

import argparse
import os
import sys

from embedded import supervisor, up
from embedded.layout import Layout, Refused, as_it_runs, locate
from embedded.surroundings import for_processes


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused or failed (one message on stderr says why)."""
    try:
        if arguments[:1] == ["operate"]:
            return _operate(as_it_runs(locate(os.environ)), arguments[1:])
        options, unknown = _parser().parse_known_args(arguments)
        if unknown:
            options.parser.error(f"unknown arguments: {' '.join(unknown)}")
        if options.command == "supervise":
            return supervisor.main()
        layout = locate(os.environ)
        if options.command == "down":
            return up.down(layout)
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
    start.set_defaults(parser=start)
    stop = commands.add_parser("down", prog="script/down", help="stop everything")
    stop.set_defaults(parser=stop)
    supervise = commands.add_parser("supervise", help="keep all processes (started by up)")
    supervise.set_defaults(parser=supervise)
    commands.add_parser("operate", help="run a command of `controlplane` in this installation")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
