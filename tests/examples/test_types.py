"""The example files run without a build step, so nothing else would notice a type error in them."""

from __future__ import annotations

import subprocess

from tests.support.services import CHECKOUT, NODE

MODULES = CHECKOUT / "tests" / "node_modules"


def test_the_typescript_examples_type_check() -> None:
    checked = subprocess.run(
        [NODE, MODULES / "typescript" / "bin" / "tsc", "--typeRoots", MODULES / "@types", "--project", "."],
        cwd=CHECKOUT / "examples" / "typescript",
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
