"""Compiles the relay's protocol into a folder: `python script/relay_compiler.py <checkout> <folder>`, mypyc at hand."""

from __future__ import annotations

import sys
from pathlib import Path

from mypyc.build import mypycify  # type: ignore[import-untyped, unused-ignore]
from setuptools import Distribution  # type: ignore[import-untyped, unused-ignore]


def main() -> None:
    """The process's folder is the checkout, so that modules get their names. Ends with a status other than 0."""
    checkout, into = Path(sys.argv[1]), Path(sys.argv[2])
    sys.path.insert(0, str(checkout))
    from envrunner.relay import compiled  # noqa: PLC0415 its place is known only now

    settings = into / "mypy.ini"
    settings.write_text(
        "[mypy]\nfollow_imports = skip\nignore_missing_imports = True\nno_site_packages = True\n"
        "[mypy-envrunner.*]\nfollow_imports = silent\n"
    )
    paths = [str(source.relative_to(checkout)) for source in compiled.sources()]
    options = ["--config-file", str(settings), "--cache-dir", str(into / "cache")]
    extensions = mypycify([*options, *paths], opt_level="1", debug_level="0", target_dir=str(into), group_name="relay")
    # Not `setup`, which would read the checkout's pyproject.toml.
    command = Distribution({"name": "relay", "ext_modules": extensions}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(into / "built"), str(into / "objects")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    main()
