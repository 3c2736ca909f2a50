"""completion: the script for a shell, for packages and dot files; `--install-completion` does it for you."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]  # public, but not re-exported

from rcloud.cloud import Cloud


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    cloud: Cloud, shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish")]
) -> None:
    """Print the completion script of a shell. It completes commands, options, accounts and environments."""
    script = get_completion_script(prog_name="rcloud", complete_var="_RCLOUD_COMPLETE", shell=shell.value)
    if cloud.out.json:
        cloud.out.document({"shell": shell.value, "script": script})
    else:
        cloud.out.plain(script)
