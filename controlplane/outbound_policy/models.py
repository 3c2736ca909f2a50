from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class OutboundPolicy(Base):
    """One environment's additions. `networks` are CIDRs, `hosts` lower-case names or `*.` and one."""

    __tablename__ = "outbound_policy"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    networks: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    hosts: Mapped[list[str]] = mapped_column(ARRAY(String(255)))
    updated_by: Mapped[str] = mapped_column(String(32))
    updated_at: Mapped[datetime] = mapped_column(Time)


class OutboundName(Base):
    """A name below a `*.` of the environment's policy that one of its services or brokers was registered with."""

    __tablename__ = "outbound_name"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    admitted_at: Mapped[datetime] = mapped_column(Time)
