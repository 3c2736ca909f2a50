from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from controlplane.environments.models import IdentityKey
from controlplane.identity_keys.models import DeploymentReport, IdentityKeyCheck


def of_environment(environment_id: str) -> Select[IdentityKey]:
    """Destroyed ones too; ask only for an environment the principal may see."""
    return select(IdentityKey).where(IdentityKey.environment_id == environment_id)


def find(session: Session, environment_id: str, identity_key_id: str) -> IdentityKey | None:
    query = of_environment(environment_id).where(IdentityKey.identity_key_id == identity_key_id)
    return session.scalars(query).one_or_none()


def checks(session: Session, environment_id: str) -> Sequence[IdentityKeyCheck]:
    query = select(IdentityKeyCheck).where(IdentityKeyCheck.environment_id == environment_id)
    return session.scalars(query.order_by(IdentityKeyCheck.deployment_id, IdentityKeyCheck.identity_key_id)).all()


def report(session: Session, environment_id: str) -> DeploymentReport | None:
    return session.get(DeploymentReport, environment_id)
