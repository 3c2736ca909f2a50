"""Another engine version for an environment, and the one before again when that does not come up."""

from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.environments import errors, service, versions
from controlplane.environments.models import Environment
from controlplane.environments.status import Status
from controlplane.operations import service as operations
from controlplane.operations.kinds import Kind
from controlplane.runners.models import Runner


def offered(session: Session, environment: Environment) -> list[str]:
    """The versions that it may go to, the newest first: also from the one that it would go back to."""
    found = _followers(session, environment)
    return versions.newer(environment.previous_engine_version or environment.engine_version, found)


def upgrade(session: Session, by: Principal, account_id: str, environment_id: str, version: str) -> service.Change:
    """Restart the engine gently as another version. To the version it has: nothing happens.

    Raises `NotFound`, `EnvironmentDeleted`, `EnvironmentPaused`, `PurgeInProgress`, `VersionNotOffered`.
    """
    environment = service.living_locked(session, by, account_id, environment_id)
    if environment.status == Status.SUSPENDED:
        raise errors.EnvironmentPaused("This environment is paused. Wake it before you upgrade its engine.")
    if version == environment.engine_version:
        return environment, operations.of_generation(session, environment_id, environment.generation)
    if version not in (choices := offered(session, environment)):
        raise errors.VersionNotOffered(_refusal(environment, version, choices, _followers(session, environment)))
    before = environment.engine_version
    environment.previous_engine_version = environment.previous_engine_version or before
    environment.engine_version = version
    details = audit.change({"engineVersion": before}, {"engineVersion": version})
    audit.record(session, by, "environment.upgrade", environment_id, account_id, details)
    return environment, service.changed(session, environment, Kind.UPGRADE)


def came_up(environment: Environment) -> None:
    """The engine has been ready: what it holds from now on is the new version's."""
    environment.previous_engine_version = None


def failed(session: Session, environment: Environment) -> None:
    """The engine does not come up; after an upgrade the version before is started again."""
    if (previous := environment.previous_engine_version) is None:
        return
    details = audit.change({"engineVersion": environment.engine_version}, {"engineVersion": previous})
    environment.engine_version, environment.previous_engine_version = previous, None
    environment_id, account_id = environment.environment_id, environment.account_id
    audit.record(session, None, "environment.undo_upgrade", environment_id, account_id, details)
    service.changed(session, environment, Kind.UNDO_UPGRADE)


def _followers(session: Session, environment: Environment) -> list[str]:
    """What its node has and may follow its version, wherever it would go back to."""
    runner = session.get_one(Runner, environment.runner_id)
    return versions.newer(environment.engine_version, runner.engine_versions)


def _refusal(environment: Environment, wanted: str, choices: list[str], later: list[str]) -> str:
    said = f"This environment runs {environment.engine_version} and cannot go to {wanted}"
    way_back = (
        f"its upgrade from {environment.previous_engine_version} has not ended, and that is what it goes back to if "
        "this one fails"
    )
    if wanted in later:
        said += f" yet: {way_back}. Ask again when it has ended."
    elif choices:
        said += "."
    elif later:
        said += f", and for now to no other version: {way_back}. Ask again when it has ended."
    else:
        said += (
            ": only a newer release of the same major version, at most one minor on, may follow, and its node has "
            "none. Its operator can install one."
        )
    return f"{said} It may go to {', '.join(choices)}." if choices else said
