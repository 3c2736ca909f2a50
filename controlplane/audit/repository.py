"""Queries on audit events."""

from sqlalchemy import Select, select

from controlplane.audit.models import AuditEvent


def of_account(account_id: str, action: str | None, actor: str | None) -> Select[AuditEvent]:
    """The account's events, narrowed by exact `action` and `actor` where given."""
    query = select(AuditEvent).where(AuditEvent.account_id == account_id)
    if action is not None:
        query = query.where(AuditEvent.action == action)
    if actor is not None:
        query = query.where(AuditEvent.actor == actor)
    return query
