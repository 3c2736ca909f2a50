from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time

_SEALED, _UNSEALED = text("sequence IS NOT NULL"), text("sequence IS NULL")


class AuditEvent(Base):
    """One change, written in the change's own transaction. `details` never holds a secret.

    `sequence`, `previous_hash` and `hash` place it in its account's chain (the plane's own where there is no account);
    they are null only where a version that knew no chains has written it.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index(None, "account_id", "audit_event_id"),
        Index(
            "uq_audit_event_chain",
            "account_id",
            "sequence",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=_SEALED,
        ),
        Index("ix_audit_event_unsealed", "number", postgresql_where=_UNSEALED),
        Index("ix_audit_event_actor", "account_id", "actor", "audit_event_id"),
        Index("ix_audit_event_target", "account_id", "target", "audit_event_id"),
        Index(
            "ix_audit_event_action",
            "account_id",
            "action",
            "audit_event_id",
            postgresql_ops={"action": "text_pattern_ops"},
        ),
        Index("ix_audit_event_at", "account_id", "at"),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    audit_event_id: Mapped[str] = mapped_column(String(32), unique=True)
    account_id: Mapped[str | None] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(32))
    credential: Mapped[str | None] = mapped_column(String(32))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String(16), server_default="ok")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Time)
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The last row of a chain. Its lock puts the chain's rows into commit order, without gaps."""

    __tablename__ = "audit_head"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditKey(Base):
    """An Ed25519 key of the plane that signs checkpoints; its private half is sealed."""

    __tablename__ = "audit_key"

    audit_key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    public_key: Mapped[str] = mapped_column(String(64))
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Time)


class AuditCheckpoint(Base):
    """What a chain was at some time, signed: `sequence` rows, the last of which had `hash`."""

    __tablename__ = "audit_checkpoint"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Time)
    audit_key_id: Mapped[str] = mapped_column(ForeignKey("audit_key.audit_key_id"))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class AuditArchive(Base):
    """The rows `first` to `sequence`, the last of which had `hash`, were taken into a file.

    Signed, since they are gone here.
    """

    __tablename__ = "audit_archive"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Time)
    audit_key_id: Mapped[str] = mapped_column(ForeignKey("audit_key.audit_key_id"))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class AuditVerification(Base):
    """What the last look at a whole chain has found; `finding` is null when it is intact."""

    __tablename__ = "audit_verification"

    chain: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Time)
    rows: Mapped[int] = mapped_column(BigInteger)
    intact: Mapped[bool] = mapped_column(Boolean)
    finding: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
