"""A call as an environment's engine signs it (Restate request identity, scheme v1)."""

import jwt

from controlplane.core import clock
from controlplane.preflight.checks import MANIFEST

DISCOVER = "/discover"
_LIFETIME_SECONDS = 60


def discovery_headers(environment_id: str, public_key: str, private_pem: str) -> dict[str, str]:
    """What an engine sends to discover an endpoint; the audience is the path without the endpoint's own."""
    now = int(clock.now().timestamp())
    claims = {"aud": DISCOVER, "iat": now, "nbf": now - _LIFETIME_SECONDS, "exp": now + _LIFETIME_SECONDS}
    return {
        "accept": ", ".join(f"{MANIFEST}{version}+json" for version in (1, 2, 3, 4)),
        "x-restate-cluster-name": environment_id,
        "x-restate-signature-scheme": "v1",
        "x-restate-jwt-v1": jwt.encode(claims, private_pem, algorithm="EdDSA", headers={"kid": public_key}),
    }
