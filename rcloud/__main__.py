"""`rcloud`: see `rcloud --help`."""

from __future__ import annotations

import sys

from rcloud.app import app
from rcloud.errors import Exit, Failure
from rcloud.output import Output
from rcloud.settings import Flags


def main() -> None:
    """The console script; exits with a code of `errors.Exit`."""
    try:
        app(prog_name="rcloud")
    except Failure as failure:
        Output(Flags()).failure(failure)
        sys.exit(failure.exit_code)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)


if __name__ == "__main__":
    main()
