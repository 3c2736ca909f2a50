"""Makes users members of an account, as the control plane would: `python -m tests.support.enrol ACCOUNT EMAIL=ROLE…`.

Invitations are the public way; until they exist, tests come in by the service behind them, edge entry included.
"""

from __future__ import annotations

import sys

from sqlalchemy import select

from controlplane import tables
from controlplane.auth import Role
from controlplane.core.database import transaction
from controlplane.members import service
from controlplane.users.models import User


def enrol(account_id: str, roles: dict[str, str]) -> None:
    """``roles``: e-mail address → role."""
    assert tables.metadata.tables
    with transaction() as session:
        for email, role in roles.items():
            user = session.scalars(select(User).where(User.email == email)).one()
            service.add(session, account_id, user.user_id, Role(role))


if __name__ == "__main__":
    enrol(sys.argv[1], dict(pair.split("=") for pair in sys.argv[2:]))
