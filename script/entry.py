"""The first lines of every command in script/. Written so that an old Python gets as far as saying it is too old."""
# ruff: noqa: ANN001, ANN201, PLC0415, PTH100, PTH120, RET503, RUF005, S606, UP031, UP036
# mypy: ignore-errors

import os
import shutil
import sys

NEWER = ["python3.14", "python3.13", "python3.12", "python3.11"]


def run(level, command, console=True):
    """Install ``level``, then become ``.venv/bin/python`` with ``command`` and the caller's arguments."""
    python = prepare(level, console)
    if isinstance(python, int):
        return python
    arguments = command + sys.argv[1:]
    if os.environ.get("CONTROLPLANE_HOME"):
        os.environ["CONTROLPLANE_HOME"] = os.path.abspath(os.environ["CONTROLPLANE_HOME"])
    # Without compiled files every later start would compile every import again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(root())
    os.execv(python, [python] + arguments)


def prepare(level, console=True):
    """The path of the checkout's Python, or an exit status when it could not be prepared."""
    if sys.version_info < (3, 11):
        return newer_python()
    from script import bootstrap, checkout

    try:
        return str(bootstrap.ensure(bootstrap.Path(root()), level, console=console))
    except checkout.Refused as refusal:
        sys.stderr.write("%s\n" % refusal)
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the next run goes on from here.\n")
        return 130


def newer_python():
    """Start again with a newer Python of this machine; an exit status if there is none."""
    for name in NEWER:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, os.path.realpath(sys.argv[0])] + sys.argv[1:])
    sys.stderr.write("Python 3.11 or newer is needed; this is %s.\n" % sys.version.split()[0])
    return 1


def root():
    """The checkout that holds this file."""
    return os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
