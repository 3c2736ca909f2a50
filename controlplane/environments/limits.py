"""Limits of one environment, set by the operator: requests per second at the edge, size of a request's body."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.core.errors import NotFound
from controlplane.environments import repository, routes, service
from controlplane.environments.models import Environment
from controlplane.environments.status import Desired
from controlplane.operations.kinds import Kind


def set_limits(
    session: Session, environment_id: str, requests_per_second: int | None, request_size_limit_bytes: int | None
) -> Environment:
    """Null leaves a limit as it is, 0 requests per second means no limit. Raises `NotFound`.

    The edge follows with the commit. The engine reads its size limit at its start only, so that it is restarted.
    """
    environment = repository.any_locked(session, environment_id)
    if environment is None or environment.desired == Desired.ABSENT:
        raise NotFound("environment")
    before = environment.requests_per_second, environment.request_size_limit_bytes
    if requests_per_second is not None:
        environment.requests_per_second = requests_per_second
    if request_size_limit_bytes is not None:
        environment.request_size_limit_bytes = request_size_limit_bytes
    after = environment.requests_per_second, environment.request_size_limit_bytes
    audit.record(
        session, None, "environment.limit", environment_id, environment.account_id, {"before": before, "after": after}
    )
    _tell(session, environment, engine=before[1] != after[1])
    return environment


def _tell(session: Session, environment: Environment, *, engine: bool) -> None:
    if engine:
        service.changed(session, environment, Kind.LIMIT)
    else:
        routes.publish_route(session, environment)
