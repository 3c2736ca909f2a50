"""Asking before something is gone."""

from __future__ import annotations

import sys

from rcloud.errors import Failure, Usage
from rcloud.text import clean


def typed(name: str, consequence: str, *, yes: bool) -> None:
    """Go on only after the name was typed, or with --yes. Raises `Failure`; `Usage` where nobody can be asked."""
    if yes:
        return
    if answer(f"{consequence}\nType the name {name} to go on: ", consequence) != name:
        raise Failure("That is not the name. Nothing was changed.")


def agreed(question: str, *, yes: bool) -> None:
    """The same with y or n."""
    if not yes and answer(f"{question} [y/N] ", question).lower() not in ("y", "yes"):
        raise Failure("Nothing was changed.")


def answer(prompt: str, consequence: str) -> str:
    """A line from the terminal; the prompt goes to stderr, for stdout is for documents."""
    if not sys.stdin.isatty():
        raise Usage(f"{consequence} There is no terminal to ask on.", "Add --yes if you mean it.")
    sys.stderr.write(clean(prompt))
    sys.stderr.flush()
    return sys.stdin.readline().strip()
