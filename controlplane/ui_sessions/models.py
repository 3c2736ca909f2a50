from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core.database import Base, Time


class UiCode(Base):
    """Takes the login session's user into the engine UI of one environment, once; it is kept as its digest.

    What comes of it is an `AccessToken` with an `environment_id`.
    """

    __tablename__ = "ui_code"
    __table_args__ = (Index(None, "session_id"), Index(None, "expires_at"))

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("login_session.session_id", ondelete="CASCADE"))
    environment_id: Mapped[str] = mapped_column(ForeignKey("environment.environment_id"))
    created_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
