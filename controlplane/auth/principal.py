"""Whoever makes this request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controlplane.auth.permissions import ROLES, WORKLOADS, Permission, Role
from controlplane.core.errors import NotFound, PermissionDenied


class SecondFactorEnrolmentRequired(PermissionDenied):
    code = "second_factor_enrolment_required"

    def __init__(self) -> None:
        super().__init__(
            "This account requires a second factor, and you have none yet. "
            "Set up an authenticator app or a passkey at /account/security, then come back."
        )


@dataclass(frozen=True)
class Principal:
    """A signed-in user, how they proved it, and their role in each of their accounts.

    `session_kind` is `browser` (its cookie or its access token), `program` (consented to by its user) or `workload`: a
    job of somebody's platform, let in by the rule `user_id`, with one role in one environment.
    `dormant` are roles that give no right until the user enrols a second factor.
    """

    user_id: str
    email: str
    credential_id: str
    memberships: Mapping[str, Role]
    signed_in_at: datetime | None = None
    session_kind: str = "program"
    operator: bool = False
    email_verified: bool = False
    dormant: Mapping[str, Role] = field(default_factory=dict)
    environment_id: str | None = None

    @property
    def account_ids(self) -> list[str]:
        return list(self.memberships)

    def may(self, permission: Permission, account_id: str) -> bool:
        role = self.memberships.get(account_id)
        return role is not None and permission in self._rights(role)

    def check(self, permission: Permission, account_id: str) -> None:
        """Raises `NotFound` for an account that is not theirs, `PermissionDenied` when the role does not suffice.

        Raises `SecondFactorEnrolmentRequired` when it would not count before they enrol one.
        """
        if account_id in self.dormant:
            raise SecondFactorEnrolmentRequired
        role = self.memberships.get(account_id)
        if role is None:
            raise NotFound("account")
        if permission not in self._rights(role):
            raise PermissionDenied(f"Your role in this account is {role.value}; it does not permit {permission.value}.")

    def _rights(self, role: Role) -> frozenset[Permission]:
        return ROLES[role] if self.environment_id is None else ROLES[role] & WORKLOADS
