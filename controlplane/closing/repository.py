"""What else hangs on an account."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from controlplane.domains.models import Domain
from controlplane.sso_connections.models import SsoConnection


def forget_sign_on(session: Session, account_id: str) -> None:
    """Its domains are free for others, and nobody signs in through its connections any more."""
    session.execute(delete(Domain).where(Domain.account_id == account_id))
    session.execute(delete(SsoConnection).where(SsoConnection.account_id == account_id))
