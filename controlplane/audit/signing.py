"""When a checkpoint may be taken: only behind rows that follow from the last one."""

from contextlib import suppress

from sqlalchemy.exc import IntegrityError

from controlplane.audit import checkpoints, repository, verification
from controlplane.core.database import transaction


def sign(account_id: str | None) -> None:
    """A checkpoint for what was added to the chain; where it is not intact, a word in the log instead."""
    # Somebody else may sign the same rows at this moment: one checkpoint is enough.
    with suppress(IntegrityError), transaction() as session:
        last = repository.last_checkpoint(session, account_id)
        if last is not None and not checkpoints.is_trusted(last, account_id, checkpoints.public_keys(session)):
            last = None
        verdict = verification.verify(session, account_id, last)
        if verdict.finding is not None:
            verification.keep(session, verdict)
            checkpoints.refuse(account_id, verdict.finding)
        elif verdict.rows:
            checkpoints.sign(session, account_id, verdict.sequence, verdict.hash)
