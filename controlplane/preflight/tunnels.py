"""Addresses of the tunnel proxy: an environment may use its own tunnels, wherever they lead."""

import re

from controlplane.core.ids import LENGTH
from controlplane.preflight.checks import Failed
from controlplane.preflight.targets import Target

_LABEL = re.compile(rf"[0-9a-z]{{{LENGTH}}}")


def is_own_tunnel(target: Target, proxy: Target, label: str) -> bool:
    """Raises `Failed` for another environment's. What is no tunnel's address is judged like any other."""
    if (target.secure, target.host.lower(), target.port) != (proxy.secure, proxy.host, proxy.port):
        return False
    first = target.path.split("/")[1] if target.path else ""
    if first != label and _LABEL.fullmatch(first):
        raise Failed("policy", "This is another environment's tunnel: each answers to its own environment only.")
    return first == label
