"""what an environment may reach"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _outbound_policy()


def downgrade() -> None:
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
