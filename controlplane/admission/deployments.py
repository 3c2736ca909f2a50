"""Deployments: where the engine will call, or through which role it will invoke."""

from typing import Any

from controlplane.admission.bodies import Refused, parsed
from controlplane.admission.places import Places
from controlplane.aws.arns import is_function, is_role
from controlplane.preflight import targets
from controlplane.settings import settings

_KNOWN = frozenset(
    {
        "uri", "arn", "assume_role_arn", "additional_headers", "metadata", "use_http_11", "auth", "breaking",
        "force", "dry_run", "overwrite",
    }
)  # fmt: skip


def judge(body: str, places: Places, *, creates: bool) -> None:
    """Raises `Refused`, and `Failed` for an address."""
    found = parsed(body, _KNOWN)
    if found.get("auth") is not None:
        raise Refused(
            "Google ID tokens would be issued to this plane's own host, not to you. Send a header of your own instead "
            "(additional_headers), or let your service check the engine's signature."
        )
    uri, arn = found.get("uri"), found.get("arn")
    if uri is not None and arn is not None:
        raise Refused("A deployment has a uri or an arn, not both.")
    if creates and uri is None and arn is None:
        raise Refused("A deployment needs a uri or an arn.")
    if arn is not None or "assume_role_arn" in found:
        _judge_role(found, arn)
    if uri is not None:
        if not isinstance(uri, str):
            raise Refused("The uri must be text.")
        places.judge(targets.parsed(uri))


def _judge_role(found: dict[str, Any], arn: object) -> None:
    role = found.get("assume_role_arn")
    if arn is not None and not is_function(arn):
        raise Refused(
            "This is no Lambda function's ARN with a version or alias: "
            "arn:aws:lambda:<region>:<account>:function:<name>:<version>."
        )
    if role is None:
        raise Refused(
            "A Lambda function is invoked through a role of yours, since this plane's host has no right to it: add "
            "`--assume-role-arn <ROLE_ARN>`. The environment's AWS trust policy shows how to make the role."
        )
    if not is_role(role) or role == settings().aws_principal_role_arn:
        raise Refused("assume_role_arn must be a role of yours: arn:aws:iam::<account>:role/<name>.")
