"""`rcloud`: see `rcloud --help`."""

from __future__ import annotations

import io
import sys

from rcloud.app import app
from rcloud.errors import Exit, Failure
from rcloud.output import Output
from rcloud.settings import Flags


def main() -> None:
    """The console script; exits with a code of `errors.Exit`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the locale cannot write is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="rcloud")
    except Failure as failure:
        _end(failure)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except (KeyError, TypeError, AttributeError) as error:
        if "--verbose" in sys.argv or "-v" in sys.argv:
            raise
        # Documents are read as the API describes them: a field that is missing means another API.
        advice = "Update rcloud to the plane's version; --verbose shows where it happened."
        _end(Failure(f"The plane's answer is not understood ({type(error).__name__}: {error}).", advice))


def _end(failure: Failure) -> None:
    Output(Flags()).failure(failure)
    sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
