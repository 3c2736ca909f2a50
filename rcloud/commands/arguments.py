"""Arguments and options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from rcloud import completion

Env = Annotated[
    str, typer.Argument(metavar="ENV", help="name, id or ACCOUNT/ENV", autocompletion=completion.environments)
]
Person = Annotated[str, typer.Argument(metavar="MEMBER", help="e-mail address or id")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]
