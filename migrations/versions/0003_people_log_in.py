"""people log in: mail, factors, providers, domains, invitations, programs, logs"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _sessions()
    _operators()


def _sessions() -> None:
    op.add_column("login_session", sa.Column("kind", sa.String(length=16), nullable=False, server_default="browser"))
    op.add_column("login_session", sa.Column("method", sa.String(length=32), nullable=False, server_default="password"))
    op.add_column("login_session", sa.Column("client", sa.String(length=64), nullable=True))
    op.alter_column("login_session", "digest", nullable=True)


def _operators() -> None:
    op.add_column("user", sa.Column("operator", sa.Boolean(), nullable=False, server_default=sa.false()))
