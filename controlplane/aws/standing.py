"""Whether the plane's identity in AWS works and can do no more than it should, for `controlplane doctor`."""

from controlplane.aws import principal
from controlplane.aws.arns import partition_of, partition_of_region
from controlplane.aws.door import HostDoor, PlaneTrouble
from controlplane.settings import settings


class Unfit(Exception):
    """What is wrong and what to do about it."""


def standing() -> str:
    """In a sentence. Raises `Unfit`."""
    if settings().aws_principal_role_arn is None:
        return "no identity, so Lambda functions are refused; CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN gives one"
    door, role_arn, region = HostDoor(), principal.own().role_arn, settings().aws_region
    if partition_of_region(region) != partition_of(role_arn):
        raise Unfit(f"{role_arn} is not known in {region}; set CONTROLPLANE_AWS_REGION to one of its partition")
    try:
        who = door.who()
    except PlaneTrouble as error:
        raise Unfit(f"this process has no credentials that AWS takes ({error}); renew them (docs/lambda.md)") from error
    try:
        role = door.role()
    except PlaneTrouble as error:
        raise Unfit(
            f"{who} may not assume {role_arn} ({error}); compare with `controlplane aws host-policy trust`"
        ) from error
    try:
        for name, credentials, document in ((who, None, "identity"), (role_arn, role, "permissions")):
            if excess := door.excess(credentials):
                raise Unfit(
                    f"{name} may do more than it should ({', '.join(excess)}); leave it only what "
                    f"`controlplane aws host-policy {document}` says"
                )
    except PlaneTrouble as error:
        raise Unfit(f"what {role_arn} may do cannot be tried ({error})") from error
    return f"{who} assumes {role_arn}; neither may do what was tried beyond that"
