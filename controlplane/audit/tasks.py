"""In the background: sign what has been added, look at whole chains, both a little at a time."""

from collections.abc import Callable
from datetime import timedelta

from controlplane.audit import checkpoints, repository, signing, verification
from controlplane.core import clock
from controlplane.core.database import transaction
from controlplane.settings import settings

_AT_ONCE = 200


def sign_chains() -> None:
    """A checkpoint for each chain that has grown enough, if what was added follows from the last one."""
    before = clock.now() - timedelta(minutes=settings().audit_checkpoint_minutes)
    with transaction() as session:
        grown = repository.grown(session, settings().audit_checkpoint_rows, before, _AT_ONCE)
    for account_id in grown:
        signing.sign(account_id)


def verify_chains() -> None:
    """One whole chain, if it was not looked at for some time."""
    before = clock.now() - timedelta(hours=settings().audit_verify_hours)
    with transaction() as session:
        for account_id in repository.unverified(session, before):
            verdict = verification.verify(session, account_id)
            verification.keep(session, verdict)
            if verdict.finding is not None:
                checkpoints.refuse(account_id, verdict.finding)


TASKS: dict[str, Callable[[], None]] = {
    "controlplane.sign_audit_chains": sign_chains,
    "controlplane.verify_audit_chains": verify_chains,
}
