"""A tunnel client that stands still while calls pile up, or under a large body: none is lost, and little is held."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.tenants import Caller
from tests.support.tunnel_command import TunnelCommand
from tests.support.waiting import until

_HELD_BYTES = 32 * 1024 * 1024
_BODY_BYTES = 24 * 1024 * 1024


def stand_still(
    tunnel: TunnelCommand, caller: Caller, seen: Callable[[], dict[str, Any] | None], relay: int, calls: int
) -> None:
    """``seen`` is what the relay, of process id ``relay``, knows of the tunnel that `greeter` is registered behind."""
    word, before = uuid4().hex, _resident_bytes(relay)
    tunnel.signal(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: caller.send(f"/greeter/{word}{one}/greet/send", "Hello"), range(calls)))
        until(lambda: (seen() or {}).get("openRequests", 0) >= calls)
        assert _resident_bytes(relay) - before < _HELD_BYTES
    finally:
        tunnel.signal(signal.SIGCONT)
    going = "select count(*) as n from sys_invocation where target_service_name = 'greeter' and status <> 'completed'"
    until(lambda: caller.sql(going)[0]["n"] == 0, 60)
    until(lambda: (known := seen()) is not None and (known["connections"], known["openRequests"]) == (1, 0))
    for one in (0, calls // 2, calls - 1):
        assert caller.invoke(f"/greeter/{word}{one}/greet", "Hello") == f"Hello {word}{one} for the 2-th time."


def stand_still_under_a_body(
    tunnel: TunnelCommand, caller: Caller, seen: Callable[[], dict[str, Any] | None], relay: int,
    meanwhile: Callable[[], None],
) -> None:  # fmt: skip
    """``echo`` is registered behind the tunnel; ``meanwhile`` is what must be possible all the while."""
    body, before, known = os.urandom(_BODY_BYTES), _resident_bytes(relay), seen() or {}
    passed = known["bytesToService"]
    tunnel.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        try:
            answer = pool.submit(echoed, caller, body)
            until(lambda: (seen() or {}).get("bytesToService", 0) > passed)
            meanwhile()
            assert (seen() or {})["bytesToService"] - passed < len(body), "somebody absorbed what nobody has taken"
            assert _resident_bytes(relay) - before < _BODY_BYTES / 2
            assert not answer.done()
        finally:
            tunnel.signal(signal.SIGCONT)
        assert answer.result(120) == body
    after = seen() or {}
    assert (after["requests"], after["errors"]) == (known["requests"] + 1, known["errors"]), "it went on where it was"


def echoed(caller: Caller, body: bytes) -> bytes:
    """What comes back of a body, which is all of it."""
    headers = {"content-type": "application/octet-stream"}
    answer = caller.ingress("POST", "/echo/bytes", content=body, headers=headers)
    assert answer.status_code == 200, answer.text[:500]
    return answer.content


def _resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
