"""people log in: mail, factors, providers, domains, invitations, programs, logs"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _sessions()
    _operators()
    _second_factors()


def _sessions() -> None:
    op.add_column("login_session", sa.Column("kind", sa.String(length=16), nullable=False, server_default="browser"))
    op.add_column("login_session", sa.Column("method", sa.String(length=64), nullable=False, server_default="password"))
    op.add_column("login_session", sa.Column("client", sa.String(length=64), nullable=True))
    op.alter_column("login_session", "digest", nullable=True)


def _operators() -> None:
    op.add_column("user", sa.Column("operator", sa.Boolean(), nullable=False, server_default=sa.false()))


def _second_factors() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("user", sa.Column("second_factor_since", time, nullable=True))
    required = sa.Column("require_second_factor", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("account", required)
    op.create_table(
        "totp",
        sa.Column("user_id", sa.String(32), sa.ForeignKey("user.user_id"), primary_key=True),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("confirmed_at", time, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "recovery_code",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("user.user_id"), nullable=False, index=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("used_at", time, nullable=True),
    )
    _passkeys(time)
    op.create_table(
        "sign_in_challenge",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("user.user_id"), nullable=False, index=True),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False, index=True),
    )


def _passkeys(time: sa.DateTime) -> None:
    op.create_table(
        "passkey",
        sa.Column("passkey_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("user.user_id"), nullable=False, index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_used_at", time, nullable=True),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column("expires_at", time, nullable=False, index=True),
    )
