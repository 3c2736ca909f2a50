from datetime import datetime

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin
from authlib.oauth2.rfc8628 import DeviceCredentialMixin
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from controlplane.core import clock
from controlplane.core.database import Base, Time


class AuthorizationCode(Base, AuthorizationCodeMixin):  # type: ignore[misc]
    """A code (RFC 6749 §4.1.2), by its digest; it stays for a while after its use, so that a second use is known.

    `session_id` is the login session that consented, `program_session_id` the one that came of it.
    """

    __tablename__ = "oauth_code"
    __table_args__ = (Index(None, "expires_at"),)

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    redirect_uri: Mapped[str] = mapped_column(String(300))
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    user_id: Mapped[str] = mapped_column(ForeignKey("user.user_id"))
    session_id: Mapped[str] = mapped_column(String(32))
    expires_at: Mapped[datetime] = mapped_column(Time)
    used_at: Mapped[datetime | None] = mapped_column(Time)
    program_session_id: Mapped[str | None] = mapped_column(String(32))

    # No other is ever accepted.
    code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> None:
        return None


class DeviceRequest(Base, DeviceCredentialMixin):  # type: ignore[misc]
    """A program that waits for somebody to approve it (RFC 8628); both of its codes by their digests only.

    `network` is the address, or the /64 of an IPv6 address. `decision` is null, `approved` or `denied`; `session_id` is
    the login session that decided.
    """

    __tablename__ = "oauth_device_request"
    __table_args__ = (UniqueConstraint("user_code_digest"), Index(None, "network"), Index(None, "expires_at"))

    device_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    user_code_digest: Mapped[str] = mapped_column(String(43))
    client_id: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    address: Mapped[str | None] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    requested_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime] = mapped_column(Time)
    polled_at: Mapped[datetime | None] = mapped_column(Time)
    decision: Mapped[str | None] = mapped_column(String(16))
    decided_at: Mapped[datetime | None] = mapped_column(Time)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("user.user_id"))
    session_id: Mapped[str | None] = mapped_column(String(32))
    redeemed_at: Mapped[datetime | None] = mapped_column(Time)

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> None:
        return None

    def get_user_code(self) -> str:
        return self.user_code_digest

    def is_expired(self) -> bool:
        return self.expires_at <= clock.now()
