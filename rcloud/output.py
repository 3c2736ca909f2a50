"""What goes where: documents and tables to stdout, everything else to stderr."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rcloud.errors import Failure
from rcloud.lazy import lazy
from rcloud.settings import Flags, Format
from rcloud.text import clean, short_time

if TYPE_CHECKING:
    from rich import console, table, text
else:
    console, table, text = (lazy(f"rich.{name}") for name in ("console", "table", "text"))

Row = Mapping[str, Any]
# Heading → the field's name in the document, or a function of the document.
Columns = Mapping[str, str | Callable[[Row], object]]
# A table that nobody looks at is never folded: one row, one line.
_UNSEEN_WIDTH = 100_000
# json leaves these as they are: a terminal obeys C1 controls and DEL, and no encoding has lone surrogates.
_UNPRINTABLE = re.compile("[\x7f-\x9f\ud800-\udfff]")


class Output:
    """One command's words, in the way its flags ask for."""

    def __init__(self, flags: Flags) -> None:
        self.json = flags.output is Format.JSON
        self.quiet = flags.quiet
        self.verbose = flags.verbose

    @cached_property
    def notes(self) -> console.Console:
        """stderr."""
        # Folded between words for a reader, left in one line for a program.
        return console.Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())

    @cached_property
    def page(self) -> console.Console:
        """stdout."""
        seen = sys.stdout.isatty()
        return console.Console(highlight=False, width=None if seen else _UNSEEN_WIDTH)

    def document(self, content: object) -> None:
        """The API's document, the only thing on stdout."""
        # A locale without Unicode gets the same document in escapes.
        plain = (sys.stdout.encoding or "utf-8").lower() not in ("utf-8", "utf8")
        shown = json.dumps(content, indent=2, ensure_ascii=plain)
        sys.stdout.write(_UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", shown) + "\n")

    def items(self, items: Sequence[Row], columns: Columns, nothing: str) -> None:
        """A list: `{"items": […]}`, or a table; `nothing` is said when it is empty."""
        if self.json:
            self.document({"items": list(items)})
        elif items:
            self._table(items, columns)
        else:
            self.note(nothing)

    def one(self, item: Row, columns: Columns) -> None:
        """One thing: its document, or its fields below each other."""
        if self.json:
            self.document(item)
            return
        grid = table.Table.grid(padding=(0, 2))
        grid.add_column(style="bold", no_wrap=True)
        grid.add_column(overflow="fold")
        for heading, field in columns.items():
            grid.add_row(heading, _cell(item, field))
        self._print(grid)

    def done(self, item: object, message: str) -> None:
        """After a change: the document, or a sentence on stderr."""
        if self.json:
            self.document(item)
        else:
            self.note(message)

    def plain(self, line: str) -> None:
        """A line on stdout, as it is and at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def note(self, message: str, style: str = "") -> None:
        """A line on stderr, unless --quiet."""
        if not self.quiet:
            self.notes.print(text.Text(clean(message), style=style))

    def trace(self, message: str) -> None:
        """A line on stderr with --verbose."""
        if self.verbose:
            self.notes.print(text.Text(clean(message), style="dim"))

    def failure(self, failure: Failure) -> None:
        """What went wrong, what to do, and how to name it when asking for help."""
        line = text.Text.assemble(("Error: ", "bold red"), clean(failure.message))
        if failure.advice:
            line.append(f"\n  → {clean(failure.advice)}")
        named = [part for part in (failure.code, failure.request_id and f"request id {failure.request_id}") if part]
        if named:
            line.append(f"\n  ({clean(', '.join(named))})", "dim")
        self.notes.print(line)

    def _table(self, items: Sequence[Row], columns: Columns) -> None:
        shown = table.Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for heading in columns:
            # On a narrow terminal everything may fold but what people copy.
            shown.add_column(heading, overflow="fold", no_wrap=heading in ("ID", "NAME", "E-MAIL"))
        for item in items:
            shown.add_row(*(_cell(item, field) for field in columns.values()))
        self._print(shown)

    def _print(self, shown: table.Table) -> None:
        if self.page.is_terminal:
            self.page.print(shown)
            return
        with self.page.capture() as captured:
            self.page.print(shown)
        # What a program reads has no blanks at its line ends.
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def time_of(field: str) -> Callable[[Row], str]:
    """A column of times."""
    return lambda item: short_time(item.get(field))


def _cell(item: Row, field: str | Callable[[Row], object]) -> text.Text:
    value = item.get(field) if isinstance(field, str) else field(item)
    words = {None: "–", True: "yes", False: "no"}
    shown = words[value] if value is None or isinstance(value, bool) else str(value)
    return text.Text(clean(shown).replace("\n", " "), style=_STYLES.get(shown, ""))


_STYLES = {
    "ACTIVE": "green",
    "SUCCEEDED": "green",
    "PENDING": "yellow",
    "RUNNING": "yellow",
    "SUSPENDED": "yellow",
    "FAILED": "red",
    "DELETED": "dim",
    "connected": "green",
    "✓": "green",
    "✗": "red",
}
