from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Environment(Base):
    """One engine's desired and observed life. `generation` counts changes of what is desired.

    The four limits are the operator's ceilings, 0 for none; `own_limits` are what the account has chosen, by column.
    A purged environment keeps its row (history), but gives back its name, its loopback ports and its keys.
    """

    __tablename__ = "environment"
    __table_args__ = (
        Index(
            "uq_environment_name",
            "account_id",
            "name",
            unique=True,
            postgresql_where=text("purged_at IS NULL"),
        ),
        Index("uq_environment_port_index", "port_index", unique=True, postgresql_where=text("purged_at IS NULL")),
        Index("ix_environment_runner_id", "runner_id"),
        Index("ix_environment_purge_at", "purge_at", postgresql_where=text("desired = 'STOPPED'")),
        Index(
            "ix_environment_unsettled",
            "environment_id",
            postgresql_where=text("generation <> observed_generation"),
        ),
        CheckConstraint("status IN ('PENDING','ACTIVE','SUSPENDED','FAILED','DELETED')", name="status"),
        CheckConstraint("desired IN ('RUNNING','STOPPED','ABSENT')", name="desired"),
    )

    environment_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.account_id"))
    name: Mapped[str] = mapped_column(String(39))
    region: Mapped[str] = mapped_column(String(39))
    runner_id: Mapped[str] = mapped_column(ForeignKey("runner.runner_id"))
    port_index: Mapped[int | None] = mapped_column(Integer)
    desired: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    status_reason: Mapped[str | None] = mapped_column(String(500))
    generation: Mapped[int] = mapped_column(Integer)
    observed_generation: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(32))
    # What it ran before an upgrade, until the new version has been ready once.
    previous_engine_version: Mapped[str | None] = mapped_column(String(32))
    requests_per_second: Mapped[int] = mapped_column(Integer)
    requests_in_flight: Mapped[int] = mapped_column(Integer, server_default="1000")
    request_size_limit_bytes: Mapped[int] = mapped_column(Integer)
    query_seconds: Mapped[int] = mapped_column(Integer, server_default="60")
    own_limits: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
    read_only: Mapped[bool] = mapped_column(Boolean, server_default="false")
    # Since when its engine shall not run; it stays noted while the environment is deleted.
    paused_at: Mapped[datetime | None] = mapped_column(Time)
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
    deleted_at: Mapped[datetime | None] = mapped_column(Time)
    purge_at: Mapped[datetime | None] = mapped_column(Time)
    purged_at: Mapped[datetime | None] = mapped_column(Time)


class IdentityKey(Base):
    """Signs the engine's calls to services. The private half is sealed for its environment until it is destroyed.

    `state` is `next`, `current`, `previous` or `destroyed`; an environment has at most one of each of the first three.
    """

    __tablename__ = "identity_key"
    __table_args__ = (
        Index(None, "environment_id"),
        Index(
            "uq_identity_key_state",
            "environment_id",
            "state",
            unique=True,
            postgresql_where=text("state <> 'destroyed'"),
        ),
        CheckConstraint("state IN ('next','current','previous','destroyed')", name="state"),
    )

    identity_key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"))
    public_key: Mapped[str] = mapped_column(String(64))
    sealed_private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16), server_default="current")
    created_at: Mapped[datetime] = mapped_column(Time)
    activated_at: Mapped[datetime | None] = mapped_column(Time)
    retired_at: Mapped[datetime | None] = mapped_column(Time)
    destroyed_at: Mapped[datetime | None] = mapped_column(Time)
