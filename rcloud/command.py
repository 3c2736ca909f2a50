"""How a function becomes a command: the flags every command has, and the `Cloud` it works with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Concatenate, ParamSpec, cast

import typer

from rcloud import completion
from rcloud.cloud import Cloud
from rcloud.settings import Flags, Format

P = ParamSpec("P")
_EVERYWHERE = "Options of every command"

Output = Annotated[
    Format | None, typer.Option("--output", "-o", help="table, or the API's JSON", rich_help_panel=_EVERYWHERE)
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="no notes and no progress on stderr", rich_help_panel=_EVERYWHERE)
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="show every request on stderr", rich_help_panel=_EVERYWHERE)
]
Account = Annotated[
    str | None,
    typer.Option(
        "--account",
        "-a",
        metavar="ACCOUNT",
        help="name or id; else RCLOUD_ACCOUNT",
        rich_help_panel=_EVERYWHERE,
        autocompletion=completion.accounts,
    ),
]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="the plane; else RCLOUD_URL", rich_help_panel=_EVERYWHERE)
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        metavar="TOKEN",
        help="access token; better RCLOUD_TOKEN, for others on this machine see this",
        rich_help_panel=_EVERYWHERE,
    ),
]


def common(
    output: Output = None,
    account: Account = None,
    url: Url = None,
    token: Token = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> Flags:
    """The flags of every command, also taken before its name."""
    return Flags(url=url, token=token, account=account, output=output, quiet=quiet, verbose=verbose)


_COMMON = inspect.signature(common, eval_str=True).parameters
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def command(app: typer.Typer, name: str) -> Callable[[Callable[Concatenate[Cloud, P], None]], Callable[..., None]]:
    """Register the function as this command of `app`: its first parameter is the `Cloud`, the rest is its own."""

    def register(run: Callable[Concatenate[Cloud, P], None]) -> Callable[..., None]:
        own = list(inspect.signature(run, eval_str=True).parameters.values())[1:]
        taken = {parameter.name for parameter in own}
        shared = [parameter for parameter in _COMMON.values() if parameter.name not in taken]

        @wraps(run)
        def wrapper(*_: P.args, **given: P.kwargs) -> None:
            flags = common(**{parameter.name: given.pop(parameter.name) for parameter in shared})  # type: ignore[arg-type]
            outer = cast("typer.Context", given.pop("ctx")).obj
            run(Cloud(flags.or_else(outer)), *_, **given)

        wrapper.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (_CONTEXT, *own, *shared)]
        )
        wrapper.__annotations__ = {}
        app.command(name)(wrapper)
        return wrapper

    return register


def group(help_text: str) -> typer.Typer:
    """A noun with commands below it."""
    return typer.Typer(no_args_is_help=True, help=help_text)
