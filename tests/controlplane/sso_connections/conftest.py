from tests.controlplane.sso.conftest import _no_keys_remembered, loopback_allowed, rogue

__all__ = ["_no_keys_remembered", "loopback_allowed", "rogue"]
