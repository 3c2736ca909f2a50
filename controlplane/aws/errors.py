from controlplane.core.errors import Conflict


class AwsPrincipalNotSet(Conflict):
    code = "aws_principal_not_set"

    def __init__(self) -> None:
        super().__init__(
            "This plane has no identity in AWS yet, so no role can trust it. Ask its operator to set "
            "CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN to the role that its engines run with."
        )
