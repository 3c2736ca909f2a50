"""Deployments: where the engine will call, or through which role it will invoke."""

from typing import Any

from controlplane.admission.bodies import Refused, parsed
from controlplane.admission.places import Places
from controlplane.aws import invoker
from controlplane.aws.door import AssumeRefused, AwsDoor, PlaneTrouble
from controlplane.preflight import targets

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
        _judge_role(found, arn, places.environment_id)
    if uri is not None:
        if not isinstance(uri, str):
            raise Refused("The uri must be text.")
        places.judge(targets.parsed(uri))


def _judge_role(found: dict[str, Any], arn: object, environment_id: str) -> None:
    try:
        if arn is not None:
            invoker.check_function(arn)
        role = invoker.check_role(found.get("assume_role_arn"))
        if arn is not None:
            invoker.check_pair(str(arn), role)
    except invoker.Unfit as error:
        raise Refused(str(error)) from error
    # The engine would be refused just so, and say it in AWS's words. Whether the function may be invoked it finds out.
    try:
        AwsDoor().assume(role, environment_id, {})
    except AssumeRefused as error:
        raise Refused(f"{invoker.not_trusted(environment_id)} What is wrong: rcloud lambda doctor.") from error
    except PlaneTrouble:
        # The nodes have an identity of their own, which may work.
        return
