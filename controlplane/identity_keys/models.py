from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class DeploymentReport(Base):
    """What a runner answered when it was asked for an engine's deployments; sealed, for their headers may be secrets.

    It is gone when it has been read.
    """

    __tablename__ = "deployment_report"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    sealed_deployments: Mapped[bytes] = mapped_column(LargeBinary)
    reported_at: Mapped[datetime] = mapped_column(Time)


class IdentityKeyCheck(Base):
    """Whether one deployment accepted one key when it was last tried; `accepted` is null when that could not be told.

    `accepted_at` is when it last did.
    """

    __tablename__ = "identity_key_check"

    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"), primary_key=True)
    deployment_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    identity_key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    uri: Mapped[str] = mapped_column(String(2000))
    accepted: Mapped[bool | None]
    message: Mapped[str] = mapped_column(String(500))
    checked_at: Mapped[datetime] = mapped_column(Time)
    accepted_at: Mapped[datetime | None] = mapped_column(Time)
