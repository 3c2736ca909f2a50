"""narrow rights and a record of everything"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _audit()
    _egress()


def downgrade() -> None:
    _drop_egress()
    _drop_audit()


def _egress() -> None:
    op.add_column("runner", sa.Column("egress_active", sa.Boolean))
    op.add_column("runner", sa.Column("egress_reason", sa.String(300)))


def _drop_egress() -> None:
    for column in ("egress_reason", "egress_active"):
        op.drop_column("runner", column)


def _audit() -> None:
    op.add_column("audit_event", sa.Column("user_agent", sa.String(200)))
    op.add_column("audit_event", sa.Column("result", sa.String(16), nullable=False, server_default="ok"))
    # Null in rows of a version without chains, which may still be running beside this one.
    op.add_column("audit_event", sa.Column("sequence", sa.BigInteger))
    op.add_column("audit_event", sa.Column("previous_hash", sa.LargeBinary(32)))
    op.add_column("audit_event", sa.Column("hash", sa.LargeBinary(32)))
    _audit_indexes()
    _audit_tables()


def _audit_indexes() -> None:
    op.create_index(
        "uq_audit_event_chain",
        "audit_event",
        ["account_id", "sequence"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("sequence IS NOT NULL"),
    )
    op.create_index("ix_audit_event_unsealed", "audit_event", ["number"], postgresql_where=sa.text("sequence IS NULL"))
    op.create_index("ix_audit_event_actor", "audit_event", ["account_id", "actor", "audit_event_id"])
    op.create_index("ix_audit_event_target", "audit_event", ["account_id", "target", "audit_event_id"])
    op.create_index(
        "ix_audit_event_action",
        "audit_event",
        ["account_id", "action", "audit_event_id"],
        postgresql_ops={"action": "text_pattern_ops"},
    )
    op.create_index("ix_audit_event_at", "audit_event", ["account_id", "at"])


def _audit_tables() -> None:
    op.create_table(
        "audit_head",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "audit_key",
        sa.Column("audit_key_id", sa.String(32), primary_key=True),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audit_key_id", sa.String(32), sa.ForeignKey("audit_key.audit_key_id"), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
    )
    op.create_table(
        "audit_verification",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("intact", sa.Boolean, nullable=False),
        sa.Column("finding", postgresql.JSONB(none_as_null=True)),
    )


def _drop_audit() -> None:
    for table in ("audit_verification", "audit_checkpoint", "audit_key", "audit_head"):
        op.drop_table(table)
    for index in ("chain", "unsealed", "actor", "target", "action", "at"):
        op.drop_index(f"{'uq' if index == 'chain' else 'ix'}_audit_event_{index}", table_name="audit_event")
    for column in ("hash", "previous_hash", "sequence", "result", "user_agent"):
        op.drop_column("audit_event", column)
