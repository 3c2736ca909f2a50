"""An API key ends at the edge: nothing behind it ever holds one."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support import services
from tests.support.disk import content, files_below
from tests.support.plane import Plane
from tests.support.tenants import Caller
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system

CALLS = 1000
WAL = services.CHECKOUT / "tests" / "support" / "wal.ts"


def _forms(secret: str) -> list[bytes]:
    """How ``secret`` may look in a file or a column: as it is, in hex, in base64 at each of three offsets."""
    plain = secret.encode()
    return [plain, plain.hex().encode(), *(base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3))]


def _found_in(content: bytes, secret: str) -> bool:
    return any(form in content for form in _forms(secret))


def _holds(engine: Path, secret: str, scratch: Path) -> bool:
    """Whether any file of an engine's directory holds ``secret``, as it is or inside its write-ahead logs."""
    found = {path: content(path) for path in files_below(engine)}
    # Copies: what an engine has flushed it deletes.
    logs = [said for path, said in found.items() if path.suffix == ".log" and path.stem.isdecimal()]
    assert logs or not engine.exists(), f"{engine} holds no write-ahead log"
    copies = [scratch.with_suffix(f".{number}") for number in range(len(logs))]
    for copy, said in zip(copies, logs, strict=True):
        copy.write_bytes(said)
    unpacked = subprocess.run([services.NODE, WAL, *copies], stdout=subprocess.PIPE, check=True).stdout
    return any(_found_in(said, secret) for said in (*found.values(), unpacked))


def _journal(caller: Caller) -> bytes:
    tables = ("select raw, entry_json from sys_journal", "select * from sys_invocation")
    return json.dumps([caller.sql(query) for query in tables]).encode()


def test_no_api_key_behind_the_edge_after_a_thousand_calls(plane: Plane, examples: Examples, tmp_path: Path) -> None:
    key = examples.environment.api_key()
    caller = examples.environment.using(key)
    canary = f"canary-{uuid4().hex}"

    def call(_: int) -> bytes:
        return json.dumps(caller.invoke("/echo/headers", {"at": os.urandom(8).hex()}, x_canary=canary)).encode()

    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(call, range(CALLS)))
    assert all(_found_in(headers, canary) for headers in received)
    assert not any(_found_in(headers, key) or b"authorization" in headers.lower() for headers in received)

    # The canary was sent beside the key and does arrive: these places would show the key as well.
    journal = _journal(caller)
    assert _found_in(journal, canary)
    assert not _found_in(journal, key)
    for engine in (plane.home / "engines").iterdir():
        assert not _holds(engine, key, tmp_path / "wal")
    until(lambda: _holds(plane.home / "engines" / examples.environment.label, canary, tmp_path / "wal"))
