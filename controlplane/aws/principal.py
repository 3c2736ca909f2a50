"""Who this plane is in AWS: the role that its engines run with, and whom customers' roles therefore trust."""

from dataclasses import dataclass

from controlplane.aws.errors import AwsPrincipalNotSet
from controlplane.settings import settings


@dataclass(frozen=True)
class OwnPrincipal:
    """`account` has twelve digits; `role_arn` is `arn:<partition>:iam::<account>:role/<name>`."""

    account: str
    role_arn: str

    @property
    def partition(self) -> str:
        return self.role_arn.split(":")[1]

    @property
    def root_arn(self) -> str:
        """The account as a policy's `Principal` names it."""
        return f"arn:{self.partition}:iam::{self.account}:root"


def own() -> OwnPrincipal:
    """Raises `AwsPrincipalNotSet`."""
    role_arn = settings().aws_principal_role_arn
    if role_arn is None:
        raise AwsPrincipalNotSet
    return OwnPrincipal(settings().aws_principal_account or role_arn.split(":")[4], role_arn)
