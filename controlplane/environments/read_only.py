"""The switch after which nobody changes an engine by its admin API; calls of its services go on (decision 24)."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.environments import routes, service
from controlplane.environments.models import Environment


def switch(session: Session, by: Principal, account_id: str, environment_id: str, read_only: bool) -> Environment:
    """The edge follows with the commit. Raises `NotFound`, `PurgeInProgress`."""
    environment = service.locked(session, by, account_id, environment_id)
    before = {"readOnly": environment.read_only}
    environment.read_only = read_only
    details = audit.change(dict(before), {"readOnly": read_only})
    audit.record(session, by, "environment.update", environment_id, account_id, details)
    routes.publish_route(session, environment)
    return environment
