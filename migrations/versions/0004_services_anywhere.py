"""what an environment may reach"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _outbound_policy()
    _tunnel()


def downgrade() -> None:
    op.drop_table("tunnel")
    op.drop_table("outbound_policy")


def _outbound_policy() -> None:
    op.create_table(
        "outbound_policy",
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("networks", sa.ARRAY(sa.String(64)), nullable=False),
        sa.Column("hosts", sa.ARRAY(sa.String(255)), nullable=False),
        sa.Column("updated_by", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _tunnel() -> None:
    op.create_table(
        "tunnel",
        sa.Column("node", sa.String(255), primary_key=True),
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("connections", sa.Integer, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.Column("open_requests", sa.Integer, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("errors", sa.BigInteger, nullable=False),
        sa.Column("bytes_to_service", sa.BigInteger, nullable=False),
        sa.Column("bytes_from_service", sa.BigInteger, nullable=False),
        sa.Column("last_failure", sa.String(300)),
        sa.Column("last_failure_at", sa.DateTime(timezone=True)),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "tunnel", ["environment_id"])
