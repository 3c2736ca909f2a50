"""`rcloud`: see `rcloud --help`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from rcloud.app import app
from rcloud.errors import Exit, Failure
from rcloud.output import Output
from rcloud.settings import Flags


def main() -> None:
    """The console script; exits with a code of `errors.Exit`."""
    _prepare_streams()
    try:
        try:
            app(prog_name="rcloud")
        finally:
            sys.stdout.flush()
    except Failure as failure:
        _end(failure)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()
        sys.exit(Exit.REFUSED)
    except OSError as error:
        _close_stdout()
        _end(Failure(f"The output cannot be written: {error.strerror or error}.", "Look at where it goes."))
    except (KeyError, TypeError, AttributeError) as error:
        if "--verbose" in sys.argv or "-v" in sys.argv:
            raise
        # Documents are read as the API describes them: a field that is missing means another API.
        advice = "Update rcloud to the plane's version; --verbose shows where it happened."
        _end(Failure(f"The plane's answer is not understood ({type(error).__name__}: {error}).", advice))


def _prepare_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # Closed by whoever started this: a socket would take its number, and words would go there.
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115 - for as long as the process lives
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the locale cannot write is no reason to fail.
        sys.stdout.reconfigure(errors="backslashreplace")


def _close_stdout() -> None:
    """Nobody takes what is left in its buffer: the interpreter shall not try again at its end."""
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives


def _end(failure: Failure) -> None:
    Output(Flags()).failure(failure)
    sys.exit(failure.exit_code)


if __name__ == "__main__":
    main()
