"""The last results of trying deployments, one item for each."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy.orm import Session

from controlplane.auth import Principal
from controlplane.core.errors import NotFound
from controlplane.environments import repository as environment_rows
from controlplane.environments import service as environments
from controlplane.environments.identity import KeyState
from controlplane.environments.models import IdentityKey
from controlplane.identity_keys import repository
from controlplane.identity_keys.models import IdentityKeyCheck
from controlplane.identity_keys.schemas import DeploymentCheck, DeploymentChecks, KeyVerdict, Verdicts


def checks(session: Session, by: Principal, account_id: str, environment_id: str) -> DeploymentChecks:
    """Raises `NotFound`."""
    environments.get(session, by, account_id, environment_id)
    keys = environment_rows.identity_keys(session, environment_id)
    if not keys:
        raise NotFound("environment")
    rows = repository.checks(session, environment_id)
    return DeploymentChecks(
        items=[_one(list(group), keys) for _, group in groupby(rows, key=lambda row: row.deployment_id)]
    )


def _one(rows: Sequence[IdentityKeyCheck], keys: Mapping[str, IdentityKey]) -> DeploymentCheck:
    by_key = {row.identity_key_id: row for row in rows}
    named = {key.identity_key_id: key.public_key for key in keys.values()}
    found = {state: by_key.get(key.identity_key_id) for state, key in keys.items()}
    taken = [row for row in rows if row.accepted_at is not None and row.identity_key_id in named]
    # Where two were accepted in one go, the one that signs is named.
    signing = keys[KeyState.CURRENT].identity_key_id
    last = max(taken, key=lambda row: (row.accepted_at, row.identity_key_id == signing), default=None)
    return DeploymentCheck(
        deployment_id=rows[0].deployment_id,
        uri=rows[0].uri,
        accepts=Verdicts(
            current=_verdict(found.get(KeyState.CURRENT)),
            next=_verdict(found.get(KeyState.NEXT)),
            previous=_verdict(found.get(KeyState.PREVIOUS)),
        ),
        last_accepted_key=named[last.identity_key_id] if last else None,
        last_accepted_at=last.accepted_at if last else None,
        checked_at=max(row.checked_at for row in rows),
    )


def _verdict(row: IdentityKeyCheck | None) -> KeyVerdict | None:
    return KeyVerdict.model_validate(row) if row else None
