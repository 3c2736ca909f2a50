"""An API key ends at the edge: nothing behind it ever holds one."""

from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.plane import Plane
from tests.support.tenants import Caller
from tests.system.conftest import Examples

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("plane")]

CALLS = 1000


def _forms(secret: str) -> list[str]:
    """How ``secret`` may look in a file or a column: as it is, in hex, in base64 at each of three offsets."""
    encoded = [base64.b64encode(b"x" * shift + secret.encode()).decode()[4:-4] for shift in range(3)]
    return [secret, secret.encode().hex(), *encoded]


def _found_in(text: str, secret: str) -> bool:
    return any(form in text for form in _forms(secret))


def _files_with(directory: Path, secret: str) -> list[Path]:
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert files, f"{directory} is empty"
    return [path for path in files if _found_in(path.read_bytes().decode("latin-1"), secret)]


def _journal(caller: Caller) -> str:
    return json.dumps(caller.sql("select raw, entry_json from sys_journal")) + json.dumps(
        caller.sql("select * from sys_invocation")
    )


def test_no_api_key_behind_the_edge_after_a_thousand_calls(plane: Plane, examples: Examples) -> None:
    key = examples.environment.api_key()
    caller = examples.environment.using(key)
    canary = f"canary-{uuid4().hex}"

    def call(_: int) -> str:
        return json.dumps(caller.invoke("/echo/headers", {"at": os.urandom(8).hex()}, x_canary=canary))

    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(call, range(CALLS)))
    assert all(canary in headers for headers in received)
    assert not any(_found_in(headers, key) or "authorization" in headers.lower() for headers in received)

    # The canary was sent beside the key and does arrive: these places would show the key as well.
    journal = _journal(caller)
    assert _found_in(journal, canary)
    assert not _found_in(journal, key)
    for engines in (plane.home / "engines").iterdir():
        assert _files_with(engines, key) == []
    assert _files_with(plane.home / "engines" / examples.environment.label, canary)
