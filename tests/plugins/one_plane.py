"""One worker runs every test of one plane, so that a run starts it once; other files are dealt out whole.

xdist's own ``--dist loadgroup`` does nothing here: xdist 3.8 notes groups in an attribute that pytest 9.2 lacks.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

PLANES = ("tests/system", "tests/chaos")


class OnePlane(LoadScopeScheduling):  # type: ignore[misc]
    """Deals tests out by file, and all of a directory with a plane of its own as if it were one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        directory = file.rpartition("/")[0]
        return directory if directory in PLANES else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OnePlane:
    return OnePlane(config, log)
