"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=39), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
        sa.UniqueConstraint("created_by", "name", name="uq_account_name"),
    )
    op.create_table(
        "audit_event",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("audit_event_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("credential", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_event")),
        sa.UniqueConstraint("audit_event_id", name=op.f("uq_audit_event_audit_event_id")),
    )
    op.create_index(
        op.f("ix_audit_event_account_id_audit_event_audit_event_id"),
        "audit_event",
        ["account_id", "audit_event_id"],
        unique=False,
    )
    op.create_table(
        "edge_change",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=16), nullable=False),
        sa.Column("entry", sa.String(length=80), nullable=False),
        sa.Column("value", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_edge_change")),
    )
    op.create_table(
        "edge_sequence",
        sa.Column("single", sa.Boolean(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_edge_sequence_one_row")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_edge_sequence")),
    )
    op.create_table(
        "idempotency_record",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("key_digest", sa.String(length=43), nullable=False),
        sa.Column("request_digest", sa.String(length=43), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key_digest", name=op.f("pk_idempotency_record")),
    )
    op.create_table(
        "login_throttle",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "runner",
        sa.Column("runner_id", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=39), nullable=False),
        sa.Column("credential_digest", sa.String(length=43), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("engines", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("runner_id", name=op.f("pk_runner")),
        sa.UniqueConstraint("credential_digest", name=op.f("uq_runner_credential_digest")),
    )
    op.create_table(
        "user",
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "environment",
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=39), nullable=False),
        sa.Column("region", sa.String(length=39), nullable=False),
        sa.Column("runner_id", sa.String(length=64), nullable=False),
        sa.Column("port_index", sa.Integer(), nullable=True),
        sa.Column("desired", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.String(length=500), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("observed_generation", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=32), nullable=False),
        sa.Column("requests_per_second", sa.Integer(), nullable=False),
        sa.Column("request_size_limit_bytes", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("desired IN ('RUNNING','STOPPED','ABSENT')", name=op.f("ck_environment_desired")),
        sa.CheckConstraint(
            "status IN ('PENDING','ACTIVE','SUSPENDED','FAILED','DELETED')", name=op.f("ck_environment_status")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_environment_account_id")),
        sa.ForeignKeyConstraint(["runner_id"], ["runner.runner_id"], name=op.f("fk_environment_runner_id")),
        sa.PrimaryKeyConstraint("environment_id", name=op.f("pk_environment")),
    )
    op.create_index("ix_environment_runner_id", "environment", ["runner_id"], unique=False)
    op.create_index(
        "ix_environment_unsettled",
        "environment",
        ["environment_id"],
        unique=False,
        postgresql_where=sa.text("generation <> observed_generation"),
    )
    op.create_index(
        "uq_environment_name",
        "environment",
        ["account_id", "name"],
        unique=True,
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_index(
        "uq_environment_port_index",
        "environment",
        ["port_index"],
        unique=True,
        postgresql_where=sa.text("purged_at IS NULL"),
    )
    op.create_table(
        "login_session",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_login_session_user_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_login_session_digest")),
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)
    op.create_table(
        "member",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name=op.f("fk_member_account_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_member_user_id")),
        sa.PrimaryKeyConstraint("account_id", "user_id", name=op.f("pk_member")),
    )
    op.create_index(op.f("ix_member_user_id"), "member", ["user_id"], unique=False)
    op.create_table(
        "access_token",
        sa.Column("token_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["login_session.session_id"], name=op.f("fk_access_token_session_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_access_token_user_id")),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_access_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_token_digest")),
    )
    op.create_index(op.f("ix_access_token_expires_at"), "access_token", ["expires_at"], unique=False)
    op.create_index(op.f("ix_access_token_user_id"), "access_token", ["user_id"], unique=False)
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("last_four", sa.String(length=4), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('full','ingress','admin','complete_awakeable')", name=op.f("ck_api_key_role")),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environment.environment_id"], name=op.f("fk_api_key_environment_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_index(op.f("ix_api_key_environment_id"), "api_key", ["environment_id"], unique=False)
    op.create_table(
        "identity_key",
        sa.Column("identity_key_id", sa.String(length=32), nullable=False),
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environment.environment_id"], name=op.f("fk_identity_key_environment_id")
        ),
        sa.PrimaryKeyConstraint("identity_key_id", name=op.f("pk_identity_key")),
    )
    op.create_index(op.f("ix_identity_key_environment_id"), "identity_key", ["environment_id"], unique=False)
    op.create_table(
        "operation",
        sa.Column("operation_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("steps", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environment.environment_id"], name=op.f("fk_operation_environment_id")
        ),
        sa.PrimaryKeyConstraint("operation_id", name=op.f("pk_operation")),
    )
    op.create_index(op.f("ix_operation_environment_id"), "operation", ["environment_id"], unique=False)
    op.execute("INSERT INTO edge_sequence (single, value) VALUES (true, 0)")


def downgrade() -> None:
    op.drop_index(op.f("ix_operation_environment_id"), table_name="operation")
    op.drop_table("operation")
    op.drop_index(op.f("ix_identity_key_environment_id"), table_name="identity_key")
    op.drop_table("identity_key")
    op.drop_index(op.f("ix_api_key_environment_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_index(op.f("ix_access_token_user_id"), table_name="access_token")
    op.drop_index(op.f("ix_access_token_expires_at"), table_name="access_token")
    op.drop_table("access_token")
    op.drop_index(op.f("ix_member_user_id"), table_name="member")
    op.drop_table("member")
    op.drop_index(op.f("ix_login_session_user_id"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_index("uq_environment_port_index", table_name="environment", postgresql_where=sa.text("purged_at IS NULL"))
    op.drop_index("uq_environment_name", table_name="environment", postgresql_where=sa.text("purged_at IS NULL"))
    op.drop_index(
        "ix_environment_unsettled",
        table_name="environment",
        postgresql_where=sa.text("generation <> observed_generation"),
    )
    op.drop_index("ix_environment_runner_id", table_name="environment")
    op.drop_table("environment")
    op.drop_table("user")
    op.drop_table("runner")
    op.drop_table("login_throttle")
    op.drop_table("idempotency_record")
    op.drop_table("edge_sequence")
    op.drop_table("edge_change")
    op.drop_index(op.f("ix_audit_event_account_id_audit_event_audit_event_id"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("account")
