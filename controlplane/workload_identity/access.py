"""What a workload's access token opens: here, at the edges, and when it ceases to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Permission, Principal, Role
from controlplane.auth.permissions import ROLES
from controlplane.core import clock, tokens
from controlplane.core.errors import Unauthenticated
from controlplane.core.ids import label
from controlplane.core.schema import rfc3339
from controlplane.edge_log import Table, publish
from controlplane.members import repository as members
from controlplane.workload_identity import repository
from controlplane.workload_identity.models import WorkloadRule, WorkloadToken
from controlplane.workload_identity.roles import MEMBERS, WorkloadRole


class OnlyAtItsEnvironment(Unauthenticated):
    code = "invalid_token"

    def __init__(self, role: str) -> None:
        super().__init__(
            f"This token has the role {role}, which counts at its environment's own URLs only. For this API, let the "
            "rule give developer or viewer."
        )


def principal(session: Session, token: str) -> Principal | None:
    """Whose access token it is; null when it is no workload's, or over. Raises `OnlyAtItsEnvironment`."""
    found = repository.live(session, tokens.digest(token), clock.now())
    if found is None or not is_vouched_for(session, found.rule, found.environment.account_id):
        return None
    role = MEMBERS.get(WorkloadRole(found.rule.role))
    if role is None:
        raise OnlyAtItsEnvironment(found.rule.role)
    return Principal(
        found.rule.rule_id,
        "",
        found.token.token_id,
        {found.environment.account_id: role},
        session_kind="workload",
        environment_id=found.environment.environment_id,
    )


def is_vouched_for(session: Session, rule: WorkloadRule, account_id: str) -> bool:
    """A rule is worth what whoever saved it last may give now, as an invitation is (docs/decisions/0009)."""
    return may_vouch(members.roles_of(session, rule.vouched_by).in_effect.get(account_id))


def may_vouch(role: Role | None) -> bool:
    return role is not None and Permission.WORKLOAD_RULE_MANAGE in ROLES[role]


def edge_entries(session: Session) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of all tokens that are good now."""
    for found in repository.all_live(session, clock.now()):
        yield found.token.digest, edge_entry(found.token, found.rule)


def edge_entry(token: WorkloadToken, rule: WorkloadRule) -> dict[str, Any]:
    """The value of docs/wire.md's `principals` table."""
    return {
        "kind": "workload",
        "tokenId": token.token_id,
        "ruleId": rule.rule_id,
        "label": label(rule.environment_id),
        "role": rule.role,
        "userId": rule.vouched_by,
        "expiresAt": rfc3339(token.expires_at),
    }


def give_back(session: Session, text: str) -> bool:
    """End the one token, for whoever holds it (RFC 7009); false when it is no workload's."""
    found = repository.any_of(session, tokens.digest(text))
    if found is None:
        return False
    token, rule = found.token, found.rule
    if token.revoked_at is None and token.expires_at > clock.now():
        token.revoked_at = clock.now()
        publish(session, Table.PRINCIPALS, token.digest, None)
        by = Principal(rule.rule_id, "", token.token_id, {})
        details = {"rule": rule.name}
        audit.record(session, by, "workload.revoke", rule.environment_id, found.environment.account_id, details)
    return True


def end(session: Session, rule_id: str) -> None:
    """Every token of the rule is worthless from this commit on, at the edges a moment later."""
    for digest in repository.revoke(session, rule_id, clock.now()):
        publish(session, Table.PRINCIPALS, digest, None)
