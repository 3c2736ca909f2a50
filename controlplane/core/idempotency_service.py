"""`Idempotency-Key` on creating calls (draft-ietf-httpapi-idempotency-key-header).

An endpoint takes `once: Once` and returns `once(user_id, create)`, where `create` gives the response's schema. The
record is written in the creation's own transaction, so both exist or neither; a refusal leaves none and may be retried.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic_core import to_json
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from controlplane.core import clock, crypto, tokens
from controlplane.core.database import DbSession
from controlplane.core.errors import Conflict
from controlplane.core.idempotency import IdempotencyRecord

KEPT = timedelta(hours=24)
_LOCK_NOT_AVAILABLE = "55P03"


class IdempotencyKeyReused(Conflict):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request. Use a new key for a new request.")


class RequestInProgress(Conflict):
    code = "request_in_progress"

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is being worked on. Repeat it in a moment.")


@dataclass(frozen=True)
class Idempotent:
    """One call and its key, if it has one."""

    session: Session
    key: str | None
    request_digest: str
    status: int

    def __call__(self, user_id: str, create: Callable[[], Any]) -> Response:
        """The answer of `create`, or the stored one of the first call.

        Raises `IdempotencyKeyReused`, `RequestInProgress` and whatever `create` raises.
        """
        if self.key is None:
            return self._answer(self.status, to_json(create(), by_alias=True))
        key_digest = tokens.digest(self.key)
        if not self._claim(user_id, key_digest):
            return self._stored(self._record(user_id, key_digest))
        body = to_json(create(), by_alias=True)
        record = self._record(user_id, key_digest)
        record.body = crypto.seal(body, _context(record))
        return self._answer(self.status, body)

    def _claim(self, user_id: str, key_digest: str) -> bool:
        """Whether this call is the first. A concurrent one waits here until the first has committed or failed."""
        fresh = {
            "request_digest": self.request_digest,
            "status": self.status,
            "body": b"",
            "expires_at": clock.now() + KEPT,
        }
        claim = insert(IdempotencyRecord).values(user_id=user_id, key_digest=key_digest, **fresh)
        claim = claim.on_conflict_do_update(
            index_elements=[IdempotencyRecord.user_id, IdempotencyRecord.key_digest],
            set_=fresh,
            where=IdempotencyRecord.expires_at <= clock.now(),
        )
        try:
            return self.session.scalar(claim.returning(IdempotencyRecord.status)) is not None
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise RequestInProgress from error
            raise

    def _record(self, user_id: str, key_digest: str) -> IdempotencyRecord:
        query = select(IdempotencyRecord).where(
            IdempotencyRecord.user_id == user_id, IdempotencyRecord.key_digest == key_digest
        )
        return self.session.scalars(query.execution_options(populate_existing=True)).one()

    def _stored(self, record: IdempotencyRecord) -> Response:
        if not tokens.same(record.request_digest, self.request_digest):
            raise IdempotencyKeyReused
        return self._answer(record.status, crypto.unseal(record.body, _context(record)))

    @staticmethod
    def _answer(status: int, body: bytes) -> Response:
        return Response(body, status, media_type="application/json")


def forget_expired(session: Session) -> None:
    """Delete the records whose day is over."""
    session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.expires_at <= clock.now()))


async def _idempotent(
    request: Request,
    session: DbSession,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="repeat a call safely: within a day, the same key and request give the first call's answer",
            examples=["6f1c2b9e-create-dev"],
        ),
    ] = None,
) -> Idempotent:
    body = (await request.body()).decode(errors="replace")
    asked = "\n".join((request.method, request.url.path, request.url.query, body))
    return Idempotent(session, idempotency_key, tokens.digest(asked), request.scope["route"].status_code or 200)


def _context(record: IdempotencyRecord) -> str:
    return f"idempotency:{record.user_id}:{record.key_digest}"


Once = Annotated[Idempotent, Depends(_idempotent)]
