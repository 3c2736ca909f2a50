"""What a workload may be let in as."""

from enum import StrEnum

from controlplane.auth import Role


class WorkloadRole(StrEnum):
    """The first two as members have them, in the one environment; the others as API keys have them."""

    DEVELOPER = "developer"
    VIEWER = "viewer"
    FULL = "full"
    INGRESS = "ingress"
    ADMIN = "admin"
    COMPLETE_AWAKEABLE = "complete_awakeable"


RULE = (
    "A workload's role is one of developer and viewer (as members, in this environment only, and also in this API), "
    "full, ingress, admin and complete_awakeable (as API keys, at the environment's own addresses only)."
)
# The others have no rights in the control plane.
MEMBERS: dict[WorkloadRole, Role] = {WorkloadRole.DEVELOPER: Role.DEVELOPER, WorkloadRole.VIEWER: Role.VIEWER}
