"""From what an edge saw to audit events. An edge tells everything again until it has heard that it is kept."""

from collections.abc import Sequence

import structlog
from sqlalchemy.orm import Session

from controlplane.audit import service as audit
from controlplane.audit.models import AuditEvent
from controlplane.audit.service import Result
from controlplane.core.database import transaction
from controlplane.core.ids import id_of
from controlplane.edge_audit import repository
from controlplane.edge_audit.actions import action_of
from controlplane.edge_audit.schemas import EngineCall
from controlplane.login.models import AccessToken

# The call may have had its effect: its caller left, its answer was lost, or its right ended meanwhile.
_UNKNOWN = {401, 403, 499, 502, 504}
_log = structlog.get_logger()


def take(runner_id: str, calls: Sequence[EngineCall]) -> None:
    """Keep what is new, in the order the calls began, all of it or nothing.

    Calls on environments that are not this runner's are passed over, and named in the log.
    """
    with transaction() as session:
        accounts = repository.accounts_of(session, runner_id, (call.environment_id for call in calls))
        known = repository.known(session, map(identifier_of, calls))
        tokens = repository.tokens(session, (call.digest for call in calls if call.digest))
        for call in sorted(calls, key=lambda call: (call.at, call.id)):
            identifier, account_id = identifier_of(call), accounts.get(call.environment_id)
            if account_id is None:
                _log.error("audit_of_strange_environment", runner_id=runner_id, environment_id=call.environment_id)
            elif identifier not in known:
                known.add(identifier)
                _add(session, call, account_id, tokens.get(call.digest or ""))


def identifier_of(call: EngineCall) -> str:
    """The same for every telling of the same call."""
    return id_of("aud", int(call.at.timestamp() * 1000), int(call.id, 16))


def result_of(status: int | None) -> Result:
    """What an HTTP status says about the change."""
    if status is None or status in _UNKNOWN:
        return Result.UNKNOWN
    if status < 400:
        return Result.OK
    return Result.REFUSED if status < 500 else Result.FAILED


def _add(session: Session, call: EngineCall, account_id: str, token: AccessToken | None) -> None:
    details = {"method": call.method, "path": call.path, "status": call.status, "mode": call.mode}
    if token is not None and token.environment_id is not None:
        details |= {"from": "engine UI", "session": token.session_id}
    unknown = None if call.digest else call.credential or call.actor
    event = AuditEvent(
        audit_event_id=identifier_of(call),
        account_id=account_id,
        actor=call.actor,
        credential=token.token_id if token else unknown,
        action=action_of(call.method, call.path),
        target=call.environment_id,
        address=call.address,
        user_agent=call.user_agent,
        request_id=call.id,
        result=result_of(call.status).value,
        details={name: value for name, value in details.items() if value is not None},
        at=call.at,
    )
    audit.add(session, event)
