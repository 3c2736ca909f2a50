"""A key is switched while somebody kills what does it: the plane comes to rest with the engine signing as it says."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from embedded.layout import locate
from tests.chaos.killing import kill, wait_healed
from tests.support import machine, services
from tests.support.plane import Plane
from tests.support.tenants import Caller, create_environment, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.system


@pytest.mark.parametrize("victim", ["agent", "runner-worker", "edge-agent", "engine"])
def test_a_switch_comes_to_its_end(lonely_plane: Plane, victim: str, tmp_path: Path) -> None:
    home = create_environment(sign_up(lonely_plane.api_url))
    caller, keys = home.using(home.api_key()), f"{home.path}/identity-keys"
    old = home.signing_public_key
    with services.slow(tmp_path, []) as service:
        assert caller.register(service.url).status_code == 201
        # Under way when the engine is to be restarted: there is something to wait for, and to break off.
        caller.send("/slow/wait/send", 2000)
        until(lambda: service.effects("began"))
        new = home.owner.created(keys)["publicKey"]
        before, engines = lonely_plane.pids, machine.engines(lonely_plane.home, home.label)
        changed = home.owner.created(f"{keys}/switch", force=True)
        operation, sockets = f"/operations/{changed['operationId']}", locate(lonely_plane.env).run / "e" / home.label

        def ended() -> bool:
            return bool(home.owner.call("GET", operation).json()["status"] == "SUCCEEDED")

        # On a busy machine it may be over before anybody has seen it wait.
        until(lambda: (sockets / "a.sock.old").exists() or ended())
        if victim == "engine":
            for pid in engines:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            kill(lonely_plane, victim)

        until(ended, 60)
        if victim != "engine":
            wait_healed(lonely_plane, before, victim)
        until(lambda: caller.sql("select id from sys_invocation where status <> 'completed'") == [])
        service.stop()
        now = machine.engines(lonely_plane.home, home.label)
        assert (len(now), set(now) & set(engines)) == (1, set())
        for accepted, status in ((new, 200), (old, 500)):
            assert registering(caller, service.accept_only([accepted])) == status


def registering(caller: Caller, service: services.Service) -> int:
    with service:
        status: int = caller.admin("POST", "/deployments", json={"uri": service.url, "force": True}).status_code
        return status
