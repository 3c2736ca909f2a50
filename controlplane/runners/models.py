from datetime import datetime

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class Runner(Base):
    """A data-plane node that can run engines; it proves itself by a credential whose digest is kept."""

    __tablename__ = "runner"

    runner_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    region: Mapped[str] = mapped_column(String(39))
    credential_digest: Mapped[str] = mapped_column(String(43), unique=True)
    capacity: Mapped[int] = mapped_column(Integer)
    # Takes no new environments; those it has stay.
    draining: Mapped[bool] = mapped_column(Boolean, server_default="false", default=False)
    engines: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[str | None] = mapped_column(String(64))
    # Those it could start; empty when it has not said.
    engine_versions: Mapped[list[str]] = mapped_column(JSONB, server_default="[]", default=list)
    # Whether its kernel holds engines to their outbound policies, and if not, why not; null when it has not said.
    egress_active: Mapped[bool | None] = mapped_column(Boolean)
    egress_reason: Mapped[str | None] = mapped_column(String(300))
    heartbeat_at: Mapped[datetime | None] = mapped_column(Time)
    created_at: Mapped[datetime] = mapped_column(Time)
