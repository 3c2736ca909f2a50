from tests.controlplane.domains.conftest import dns_server
from tests.controlplane.sso.conftest import loopback_allowed, rogue

__all__ = ["dns_server", "loopback_allowed", "rogue"]
