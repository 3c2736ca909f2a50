"""`python -m embedded up|down|supervise`: the commands behind script/up and script/down."""

from __future__ import annotations

import argparse
import os
import sys

from embedded import supervisor, up
from embedded.layout import Refused, locate


def main(arguments: list[str]) -> int:
    """Exit status: 0 done, 1 refused or failed (one message on stderr says why)."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "supervise":
            return supervisor.main()
        layout = locate(os.environ)
        if options.command == "down":
            return up.down(layout)
        return up.up(layout, detach=options.detach, with_demo=options.demo)
    except Refused as refusal:
        print(f"✗ {refusal}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/up", description="The whole of it on one machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", prog="script/up", help="start everything and stay with a live status")
    start.add_argument("--detach", action="store_true", help="return when everything answers")
    start.add_argument("--demo", action="store_true", help="also make an account, an environment and a sample service")
    commands.add_parser("down", prog="script/down", help="stop everything")
    commands.add_parser("supervise", help="keep all processes (started by up)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
