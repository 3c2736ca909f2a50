"""A CI job's token calls and deploys; it holds no tunnel, whatever its role."""

from __future__ import annotations

import pytest

from envrunner.edge import compact
from envrunner.relay.standing import UNKNOWN, Standing
from tests.envrunner.edge.stack import label

DIGEST = "d" * 43


@pytest.mark.parametrize("role", compact.WORKLOAD_ROLES)
def test_a_workload_holds_no_tunnel(role: str) -> None:
    standing = Standing(lambda: None)
    value = {"label": label(1), "role": role, "expiresAt": "2999-01-01T00:00:00Z"}
    route = {"accountId": "acc_1", "status": "ON"}
    workload = {"kind": "workload", "tokenId": "tok_1", "ruleId": "wir_1", "userId": "usr_1"}
    members = {"usr_1/acc_1": {"role": "owner"}}
    for kind, refusal in ((workload, UNKNOWN), ({"kind": "robot"}, UNKNOWN)):
        standing.replace({"principals": {DIGEST: value | kind}, "routes": {label(1): route}, "members": members})
        assert standing.refusal(DIGEST, label(1)) == refusal
    key = {"kind": "api_key", "keyId": "key_1", "role": "full"}
    standing.replace({"principals": {DIGEST: value | key}, "routes": {label(1): route}, "members": {}})
    assert standing.refusal(DIGEST, label(1)) is None
