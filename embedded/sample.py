"""The demonstration's service as a kept process, once `embedded.demo` has written down whose calls it accepts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from embedded import probes
from embedded.layout import CHECKOUT, Layout
from embedded.part import Part
from envrunner.keep.keeper import Program

NAME = "sample-service"


def part(layout: Layout, env: Mapping[str, str]) -> list[Part]:
    """The service, or nothing while no demonstration was asked for."""
    try:
        identity_key = json.loads(layout.demo.read_text()).get("signingPublicKey")
    except (FileNotFoundError, ValueError):
        return []
    if not identity_key:
        return []
    # A tenant's service: it gets nothing of ours but its port and the key that calls to it are signed with.
    own = {name: value for name, value in env.items() if name in ("PATH", "LANG", "LC_ALL", "HOME", "TZ")}
    own |= {
        "PORT": str(layout.ports.sample_service),
        "RESTATE_IDENTITY_KEYS": identity_key,
        "PYTHONPATH": str(CHECKOUT / "examples" / "python"),
        "PYTHONUNBUFFERED": "1",
    }

    def program() -> Program:
        return Program(NAME, [sys.executable, "-m", "greeter"], own, CHECKOUT, layout.log(NAME))

    return [Part(NAME, program, lambda: probes.http_status(layout.ports.sample_service, "/health") is not None)]
