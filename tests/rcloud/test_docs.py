"""The manual and the help say the same, and the help is fast to come."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from rcloud.app import EXIT_CODES, app
from rcloud.command import common
from rcloud.errors import Exit

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "rcloud.md"
ROW = re.compile(r"^\| `(rcloud [^`]+)` \| (.+) \| `(rcloud [^`]+)` \|$", re.MULTILINE)
LISTED = ROW.findall(MANUAL.read_text())
# What the modules of `rcloud.lazy` load when they are used; a help text needs none of it.
HEAVY = ("httpx2._client", "tomlkit.items", "rich.measure", "_ssl", "asyncio")


@cache
def root() -> Any:
    return typer.main.get_command(app)


def leaves(command: Any = None, path: str = "rcloud") -> Iterator[tuple[str, Any]]:
    """Every command by its words."""
    for name, child in (command or root()).commands.items():
        if hasattr(child, "commands"):
            yield from leaves(child, f"{path} {name}")
        else:
            yield f"{path} {name}", child


COMMANDS = dict(leaves())


def usage(words: str, command: Any) -> str:
    """As the manual writes it: the words and the arguments, optional ones in brackets."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    shown = [one.metavar if one.required else f"[{one.metavar}]" for one in arguments]
    return " ".join([words, *shown])


def test_the_manual_lists_the_commands_there_are() -> None:
    assert sorted(written for written, _, _ in LISTED) == sorted(usage(*one) for one in COMMANDS.items())


@pytest.mark.parametrize("example", [example for _, _, example in LISTED])
def test_every_example_is_a_command_that_is_understood(example: str) -> None:
    command, words = root(), shlex.split(example)[1:]
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context(example, words)


def test_each_example_shows_its_own_command() -> None:
    for written, _, example in LISTED:
        words = re.split(r" [A-Z[]", written)[0]
        assert example == words or example.startswith(f"{words} "), written


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_explains_itself(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert all(one.help for one in command.params if one.name != "email"), words
    assert {"output", "quiet", "verbose", "account", "url", "token"} <= {one.name for one in command.params}


def test_the_flags_of_every_command_stand_before_it_too() -> None:
    here = {option for one in root().params for option in one.opts}
    assert {f"--{name}" for name in common.__annotations__ if name != "return"} <= here


def test_exit_codes_are_the_same_everywhere() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", MANUAL.read_text(), re.MULTILINE)
    assert [int(code) for code, _ in rows] == [int(code) for code in Exit]
    assert "Exit codes: " + " · ".join(f"{code} {meaning}" for code, meaning in rows) + "." == EXIT_CODES


def test_the_help_loads_nothing_heavy() -> None:
    code = "import sys, rcloud.app; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
