"""What an operator sets up in the plane's own AWS account: one role, and who may assume it.

The role is what customers' roles trust. Nobody holds it for long: each node assumes it once for every environment, with
a session policy that permits that environment's external id only, and the control plane to judge roles.
"""

import json
from typing import Any

from controlplane.aws.principal import OwnPrincipal
from controlplane.aws.trust_policy import VERSION
from controlplane.core.ids import LENGTH

DOCTOR_SESSION = "restate-doctor"
_ENVIRONMENTS = f"env_{'?' * LENGTH}"
_ASSUME, _TAG = "sts:AssumeRole", "sts:TagSession"


def trust(trusted: list[str]) -> dict[str, Any]:
    """The role's trust policy; `trusted` are the ARNs of the nodes' and the control plane's identities."""
    names = {"sts:RoleSessionName": [_ENVIRONMENTS, DOCTOR_SESSION]}
    return _policy(
        {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": _ASSUME, "Condition": {"StringLike": names}}
    )


def permissions(principal: OwnPrincipal, own_path: str | None) -> dict[str, Any]:
    """The role's only policy. Roles of the plane's own account are refused, but those below `own_path`: one of them may
    trust its whole account, the role of whoever administers it, perhaps.
    """
    partition, account = principal.partition, principal.account
    customers = f"arn:{partition}:iam::*:role/*"
    refused: dict[str, Any] = {"Resource": f"arn:{partition}:iam::{account}:role/*"}
    if own_path is not None:
        refused = {
            "NotResource": f"arn:{partition}:iam::{account}:role{own_path}*",
            "Condition": {"StringEquals": {"aws:ResourceAccount": account}},
        }
    return _policy(
        {
            "Sid": "EnginesForTheirEnvironmentsOnly", "Effect": "Allow", "Action": _ASSUME, "Resource": customers,
            "Condition": {"StringLike": {"sts:ExternalId": _ENVIRONMENTS}},
        },
        {
            "Sid": "DoctorWithoutExternalIdToo", "Effect": "Allow", "Action": [_ASSUME, _TAG], "Resource": customers,
            "Condition": {"StringLike": {"aws:userid": f"*:{DOCTOR_SESSION}"}},
        },
        {"Sid": "NeverRolesOfThisAccount", "Effect": "Deny", "Action": [_ASSUME, _TAG], **refused},
    )  # fmt: skip


def identity(principal: OwnPrincipal) -> dict[str, Any]:
    """What the nodes' and the control plane's own identities may do."""
    return _policy({"Effect": "Allow", "Action": _ASSUME, "Resource": principal.role_arn})


def doctor_session(role_arn: str) -> str:
    """The policy of a session that judges one role, and reaches no other."""
    return json.dumps(_policy({"Effect": "Allow", "Action": [_ASSUME, _TAG], "Resource": role_arn}))


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": list(statements)}
