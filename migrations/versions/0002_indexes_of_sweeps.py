"""indexes for what the sweeps look for, and for tokens by session"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_access_token_session_id", "access_token", ["session_id"])
    op.create_index(
        "ix_environment_purge_at", "environment", ["purge_at"], postgresql_where=sa.text("desired = 'STOPPED'")
    )


def downgrade() -> None:
    op.drop_index("ix_environment_purge_at", table_name="environment")
    op.drop_index("ix_access_token_session_id", table_name="access_token")
