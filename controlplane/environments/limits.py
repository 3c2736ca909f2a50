"""What an environment may take of the edge: operators set ceilings, its account may choose less (docs/limits.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core.errors import NotFound
from controlplane.environments import errors, repository, routes, service
from controlplane.environments.effective import WORDS, ceilings, effective
from controlplane.environments.models import Environment
from controlplane.environments.status import Desired
from controlplane.operations.kinds import Kind


@dataclass(frozen=True)
class Wanted:
    """Null leaves a limit as it is."""

    requests_per_second: int | None = None
    requests_in_flight: int | None = None
    request_size_limit_bytes: int | None = None
    query_seconds: int | None = None


def set_ceilings(session: Session, environment_id: str, wanted: Wanted) -> Environment:
    """For the operator; 0 is no limit, except of a body's size. Raises `NotFound`.

    The edge follows with the commit. The engine reads its size limit at its start only, so that it is restarted.
    """
    environment = repository.any_locked(session, environment_id)
    if environment is None or environment.desired == Desired.ABSENT:
        raise NotFound("environment")
    before, size = ceilings(environment), effective(environment).request_size_limit_bytes
    for field in fields(Wanted):
        if (value := getattr(wanted, field.name)) is not None:
            setattr(environment, field.name, value)
    _record(session, None, environment, before.document(), ceilings(environment).document())
    _tell(session, environment, size)
    return environment


def choose(
    session: Session, by: Principal, account_id: str, environment_id: str, chosen: Mapping[str, int | None]
) -> Environment:
    """Limits of the account's own by the names of `Limits`; null takes one back. Raises `NotFound`, `AboveCeiling`."""
    environment = service.locked(session, by, account_id, environment_id)
    for name, value in chosen.items():
        _check(name, value, getattr(environment, name))
    before, own = effective(environment), dict(environment.own_limits)
    own |= {name: value for name, value in chosen.items() if value is not None}
    environment.own_limits = {name: value for name, value in own.items() if chosen.get(name, value) is not None}
    _record(session, by, environment, before.document(), effective(environment).document())
    _tell(session, environment, before.request_size_limit_bytes)
    return environment


def _check(name: str, value: int | None, ceiling: int) -> None:
    if value is not None and 0 < ceiling < value:
        raise errors.AboveCeiling(
            f"{WORDS[name]} may be at most {ceiling} here, and {value} is more. "
            "The operator of this plane can raise that: controlplane limit."
        )


def _record(
    session: Session,
    by: Principal | None,
    environment: Environment,
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> None:
    details = audit.change(dict(before), dict(after))
    audit.record(session, by, "environment.limit", environment.environment_id, environment.account_id, details)


def _tell(session: Session, environment: Environment, size_before: int) -> None:
    if effective(environment).request_size_limit_bytes != size_before:
        service.changed(session, environment, Kind.LIMIT)
    else:
        routes.publish_route(session, environment)
