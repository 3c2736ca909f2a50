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
    before = _limits(environment)
    if requests_per_second is not None:
        environment.requests_per_second = requests_per_second
    if request_size_limit_bytes is not None:
        environment.request_size_limit_bytes = request_size_limit_bytes
    details = audit.change(before, _limits(environment))
    audit.record(session, None, "environment.limit", environment_id, environment.account_id, details)
    _tell(session, environment, engine="requestSizeLimitBytes" in details["after"])
    return environment


def _limits(environment: Environment) -> dict[str, int]:
    return {
        "requestsPerSecond": environment.requests_per_second,
        "requestSizeLimitBytes": environment.request_size_limit_bytes,
    }


def _tell(session: Session, environment: Environment, *, engine: bool) -> None:
    if engine:
        service.changed(session, environment, Kind.LIMIT)
    else:
        routes.publish_route(session, environment)
