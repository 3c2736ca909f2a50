from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class WorkloadRule(Base):
    """Which tokens of an issuer open one environment, as what and for how long.

    `conditions` are patterns by the names of claims. `vouched_by` saved the rule last: it is worth what they may give
    now. `last_refusal` says why the last token that the issuer had signed did not fit.
    """

    __tablename__ = "workload_rule"
    __table_args__ = (
        UniqueConstraint("environment_id", "name"),
        CheckConstraint("provider IN ('github','gitlab','oidc')", name="provider"),
        CheckConstraint("minutes BETWEEN 1 AND 60", name="minutes"),
    )

    rule_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"))
    name: Mapped[str] = mapped_column(String(39))
    provider: Mapped[str] = mapped_column(String(16))
    issuer: Mapped[str] = mapped_column(String(500))
    audience: Mapped[str] = mapped_column(String(500))
    conditions: Mapped[dict[str, str]] = mapped_column(JSONB)
    role: Mapped[str] = mapped_column(String(32))
    minutes: Mapped[int] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer)
    created_by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Time)
    vouched_by: Mapped[str] = mapped_column(String(32))
    updated_at: Mapped[datetime] = mapped_column(Time)
    last_exchanged_at: Mapped[datetime | None] = mapped_column(Time)
    last_refused_at: Mapped[datetime | None] = mapped_column(Time)
    last_refusal: Mapped[str | None] = mapped_column(String(500))


class WorkloadToken(Base):
    """An access token that came of a rule; valid while this row is and neither expired nor revoked.

    `claims` are those of the token it was exchanged for that say who that was.
    """

    __tablename__ = "workload_token"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "rule_id"), Index(None, "expires_at"))

    token_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey("workload_rule.rule_id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(43))
    claims: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    revoked_at: Mapped[datetime | None] = mapped_column(Time)


class ExchangedAssertion(Base):
    """A token that was exchanged, by its digest, until it would have expired anyway: none is taken twice."""

    __tablename__ = "exchanged_assertion"
    __table_args__ = (Index(None, "expires_at"),)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Time)
