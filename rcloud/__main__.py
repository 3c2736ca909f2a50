"""`rcloud`: see `rcloud --help`."""

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def _root() -> None:
    """Self-hosted Restate Cloud from the command line."""


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
