"""Whether a function can be invoked through a role, as far as their names tell: one rule for all who ask."""

from controlplane.aws import principal
from controlplane.aws.arns import account_of, function_region, is_function, is_role, partition_of, partition_of_region
from controlplane.aws.errors import AwsPrincipalNotSet
from controlplane.aws.principal import OwnPrincipal
from controlplane.settings import settings


class Unfit(Exception):
    """`name` is arn, role or aws; the text is a sentence to act on."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check_function(arn: object) -> str:
    """Its region. Raises `Unfit`."""
    region = function_region(arn) if isinstance(arn, str) else None
    if region is None:
        raise Unfit(
            "arn", "This is no Lambda function's ARN: arn:aws:lambda:<region>:<account>:function:<name>:<version>."
        )
    if partition_of_region(region) != partition_of(str(arn)):
        raise Unfit(
            "arn", f"Region {region} is in {partition_of_region(region)}: arn:{partition_of_region(region)}:lambda:…"
        )
    if not is_function(arn):
        raise Unfit("arn", f"The ARN must end with a version or an alias, or :$LATEST: {arn}:<version>.")
    return region


def check_role(arn: object) -> str:
    """A role of a customer's. Raises `Unfit`."""
    if arn is None:
        raise Unfit(
            "role",
            "Name the invoker role: --assume-role-arn <ROLE_ARN> (assumeRoleArn). A function is invoked through a role "
            "of yours, since this plane's host has no right to it. The environment's AWS trust policy shows how to "
            "make one: rcloud lambda trust-policy.",
        )
    if not isinstance(arn, str) or not is_role(arn):
        raise Unfit("role", "This is no role's ARN. It must be a role of yours: arn:aws:iam::<account>:role/<name>.")
    try:
        _check_account(arn, principal.own())
    except AwsPrincipalNotSet as error:
        raise Unfit("aws", error.message) from error
    return arn


def check_pair(arn: str, role_arn: str) -> None:
    """Raises `Unfit`."""
    if partition_of(arn) != partition_of(role_arn):
        raise Unfit(
            "arn",
            f"The function is in {partition_of(arn)}, the role in {partition_of(role_arn)}: no role reaches so far.",
        )


def _check_account(arn: str, us: OwnPrincipal) -> None:
    if partition_of(arn) != us.partition:
        raise Unfit(
            "role",
            f"This plane's identity is in AWS's partition {us.partition}, and roles in {partition_of(arn)} cannot "
            "trust it. Ask its operator for a plane with an identity there.",
        )
    if arn == us.role_arn:
        raise Unfit(
            "role",
            "This is this plane's own role, which is nobody's invoker role. It must be a role of yours: create one.",
        )
    path = settings().aws_own_account_role_path
    if account_of(arn) == us.account and not (path and arn.partition(":role")[2].startswith(path)):
        raise Unfit(
            "role",
            "This role is in this plane's own AWS account, where roles may trust more than they mean to. It must be a "
            "role of yours in another account"
            + (f", or one whose path begins with {path}." if path else ", unless the operator sets a path for them."),
        )


def not_trusted(environment_id: str) -> str:
    """What to say when AWS refuses the role."""
    return (
        "AWS refuses this plane the role for this environment. Either there is no such role, or statement 1 of its "
        f"trust policy does not let it in: Principal, aws:PrincipalArn or sts:ExternalId {environment_id}. A role that "
        "trusts another environment is that environment's alone."
    )
