from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from controlplane.audit.models import AuditEvent
from controlplane.environments.models import Environment
from controlplane.login.models import AccessToken


def accounts_of(session: Session, runner_id: str, environment_ids: Iterable[str]) -> Mapping[str, str]:
    """Account by environment, of this runner's; also of those that have been destroyed since."""
    query = select(Environment.environment_id, Environment.account_id).where(
        Environment.environment_id.in_(set(environment_ids)), Environment.runner_id == runner_id
    )
    return {row.environment_id: row.account_id for row in session.execute(query)}


def known(session: Session, identifiers: Iterable[str]) -> set[str]:
    """Which of these events there are already."""
    query = select(AuditEvent.audit_event_id).where(AuditEvent.audit_event_id.in_(list(identifiers)))
    return set(session.scalars(query))


def tokens(session: Session, digests: Iterable[str]) -> Mapping[str, AccessToken]:
    """Access token by its digest."""
    found = session.scalars(select(AccessToken).where(AccessToken.digest.in_(set(digests))))
    return {token.digest: token for token in found}
