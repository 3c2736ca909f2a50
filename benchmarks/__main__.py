"""`script/bench [GROUP …] [--quick] [--output DIRECTORY]`: measure, then show and draw it."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from benchmarks import (
    audit,
    browsing,
    chart,
    edge,
    keys,
    life,
    people,
    plane,
    relays,
    result,
    starting,
    table,
    tools,
    tunnel,
    ways,
)
from benchmarks.figures import Outcome, Skipped
from benchmarks.processes import Failed
from benchmarks.scale import FULL, QUICK, Scale

_WIDTH = 130
_BUSY = 0.5
_LEGEND = "Blue: this project, amber: peers, grey: no proxy; whiskers: min – max."
_GROUPS = ("edge", "life", "keys", "people", "audit", "console", "up", "tunnel")


def main(arguments: list[str]) -> int:
    """Exit status 0 when everything was measured, whether or not targets were met; 1 when something could not run."""
    options = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    signal.signal(signal.SIGTERM, _interrupt)
    tools.install_missing()
    scale, load = QUICK if options.quick else FULL, os.getloadavg()[0]
    if load > _BUSY * (os.cpu_count() or 1):
        console.print(f"This machine is busy (load {load:.1f}): figures taken now are of little use.", style="yellow")
    try:
        with _telling(console) as tell:
            outcome = _measure(options.groups or list(_GROUPS), scale, tell)
    except Failed as failure:
        console.print(f"✗ {failure}", style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    _report(outcome, load, "quick" if options.quick else "full", options.output, console)
    return 0


def _measure(groups: list[str], scale: Scale, tell: Callable[[str], None]) -> Outcome:
    outcome = Outcome()
    if set(groups) & {"edge", "life", "keys", "people", "audit", "console"}:
        with _workdir() as workdir, plane.fresh() as one:
            tell("starting a plane for the benchmark")
            one.up()
            api = one.api()
            measures: dict[str, Callable[[], Outcome]] = {
                "edge": lambda: edge.measure(one, api, workdir, scale, tell),
                "life": lambda: life.measure(api, scale, tell),
                "keys": lambda: keys.measure(api, scale, tell),
                "people": lambda: people.measure(api, scale, tell),
                "audit": lambda: audit.measure(one, api, scale, tell),
                "console": lambda: browsing.measure(one, api, scale, tell),
            }
            for name in [each for each in measures if each in groups]:
                outcome += measures[name]()
            tell("stopping the plane")
    if "up" in groups:
        outcome += starting.measure(scale, tell)
    if "tunnel" in groups:
        outcome += _tunnel(scale, tell)
    return outcome


def _tunnel(scale: Scale, tell: Callable[[str], None]) -> Outcome:
    outcome = relays.idle(scale, tell)
    if reason := ways.missing_reason():
        return outcome + Outcome(skipped=[Skipped("tunnel", reason)])
    for measure in (tunnel.measure, relays.restarts):
        with _workdir() as workdir, plane.fresh() as one:
            outcome += measure(one, workdir, scale, tell)
    return outcome


def _report(outcome: Outcome, load: float, scale: str, output: Path, console: Console) -> None:
    output.mkdir(parents=True, exist_ok=True)
    written = result.write(outcome, load, scale, output / "result.json")
    machine = written["machine"]
    place = f"{machine['cores']} cores, {machine['memoryGiB']} GiB, kernel {machine['kernel']}, load before {load:.1f}"
    (output / "result.md").write_text(f"{place}, {written['at'][:10]}.\n{table.markdown(outcome)}\n")
    chart.draw(outcome.figures, f"{place}.  {_LEGEND}", output / "chart.png")
    table.show(outcome, console)
    console.print(f"{place}. Written: {output}/result.json, result.md, chart.png", highlight=False, soft_wrap=True)


@contextlib.contextmanager
def _workdir() -> Iterator[Path]:
    # Workers of a peer's nginx run as another account and must reach the sockets and maps in it.
    with tempfile.TemporaryDirectory(prefix="controlplane-bench-peers-") as name:
        workdir = Path(name)
        workdir.chmod(0o711)
        yield workdir


@contextlib.contextmanager
def _telling(console: Console) -> Iterator[Callable[[str], None]]:
    """On a terminal one changing line, elsewhere a line for each step."""
    if not console.is_terminal:
        yield lambda text: console.print(text, style="dim", highlight=False)
        return
    with console.status("") as status:
        yield status.update


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure what the documents claim, beside peers.")
    parser.add_argument("groups", nargs="*", choices=[*_GROUPS, []], metavar="|".join(_GROUPS), help="only these")
    parser.add_argument("--quick", action="store_true", help="tiny counts: shows that it works, measures nothing")
    parser.add_argument(
        "--output", type=Path, default=Path("build/bench"), help="directory for result.json and chart.png"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
