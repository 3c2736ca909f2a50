"""narrow rights and a record of everything"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _audit()
    op.add_column("api_key", sa.Column("restrictions", postgresql.JSONB))
    _identity_keys()
    _workload_identity()
    _egress()
    _outbound_names()
    _limits()
    _usage()
    _ui_sessions()
    _pausing()
    _upgrading()
    op.add_column("log_stream", sa.Column("kept_edge_lines", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    _forget_what_no_older_version_reads()
    op.drop_column("log_stream", "kept_edge_lines")
    op.drop_column("runner", "engine_versions")
    op.drop_column("environment", "previous_engine_version")
    op.drop_column("environment", "paused_at")
    _drop_ui_sessions()
    for table in ("usage_day", "usage_hour", "usage_minute"):
        op.drop_table(table)
    _drop_limits()
    op.drop_column("api_key", "restrictions")
    op.drop_table("outbound_name")
    _drop_egress()
    for table in ("exchanged_assertion", "workload_token", "workload_rule"):
        op.drop_table(table)
    _drop_identity_keys()
    _drop_audit()


def _forget_what_no_older_version_reads() -> None:
    """One such row would keep an older version from showing any of its environment's lines or operations."""
    op.execute(
        "WITH gone AS (DELETE FROM log_line WHERE source = 'edge' RETURNING environment_id, octet_length(line) AS size), "
        "each AS (SELECT environment_id, count(*) AS lines, sum(size) AS bytes FROM gone GROUP BY environment_id) "
        "UPDATE log_stream SET kept_lines = kept_lines - each.lines, kept_bytes = kept_bytes - each.bytes "
        "FROM each WHERE log_stream.environment_id = each.environment_id"
    )
    op.execute(
        "DELETE FROM operation WHERE kind IN ('environment.restore_paused', 'environment.pause', 'environment.wake', "
        "'environment.upgrade', 'environment.undo_upgrade', 'identity_key.switch', 'identity_key.rollback')"
    )


def _outbound_names() -> None:
    op.create_table(
        "outbound_name",
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=False),
    )


def _workload_identity() -> None:
    op.create_table(
        "workload_rule",
        sa.Column("rule_id", sa.String(32), primary_key=True),
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), nullable=False),
        sa.Column("name", sa.String(39), nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("audience", sa.String(500), nullable=False),
        sa.Column("conditions", postgresql.JSONB, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_by", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vouched_by", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_exchanged_at", sa.DateTime(timezone=True)),
        sa.Column("last_refused_at", sa.DateTime(timezone=True)),
        sa.Column("last_refusal", sa.String(500)),
        sa.UniqueConstraint("environment_id", "name"),
        sa.CheckConstraint("provider IN ('github','gitlab','oidc')", name="provider"),
        sa.CheckConstraint("minutes BETWEEN 1 AND 60", name="minutes"),
    )
    _workload_tokens()


def _workload_tokens() -> None:
    op.create_table(
        "workload_token",
        sa.Column("token_id", sa.String(32), primary_key=True),
        sa.Column("rule_id", sa.String(32), sa.ForeignKey("workload_rule.rule_id", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.String(43), nullable=False),
        sa.Column("claims", postgresql.JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("digest"),
    )
    op.create_index(None, "workload_token", ["rule_id"])
    op.create_index(None, "workload_token", ["expires_at"])
    op.create_table(
        "exchanged_assertion",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "exchanged_assertion", ["expires_at"])


def _limits() -> None:
    op.add_column("environment", sa.Column("requests_in_flight", sa.Integer, nullable=False, server_default="1000"))
    op.add_column("environment", sa.Column("query_seconds", sa.Integer, nullable=False, server_default="60"))
    op.add_column("environment", sa.Column("own_limits", postgresql.JSONB, nullable=False, server_default="{}"))
    op.add_column("environment", sa.Column("read_only", sa.Boolean, nullable=False, server_default="false"))
    op.create_table(
        "throttled_requests",
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("hour", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("limit", sa.String(32), primary_key=True),
        sa.Column("principal", sa.String(64), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_index(None, "throttled_requests", ["hour"])


def _usage() -> None:
    for table in ("usage_minute", "usage_hour", "usage_day"):
        op.create_table(
            table,
            sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
            sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
            sa.Column("requests", sa.BigInteger, nullable=False),
            sa.Column("errors", sa.BigInteger, nullable=False),
            sa.Column("p50_ms", sa.Float),
            sa.Column("p99_ms", sa.Float),
            sa.Column("invocations", sa.BigInteger, nullable=False),
            sa.Column("completed_invocations", sa.BigInteger, nullable=False),
            sa.Column("failed_attempts", sa.BigInteger, nullable=False),
            sa.Column("engine_seconds", sa.Integer, nullable=False),
            sa.Column("storage_bytes", sa.BigInteger),
        )
        op.create_index(None, table, ["at"])


def _pausing() -> None:
    op.add_column("environment", sa.Column("paused_at", sa.DateTime(timezone=True)))


def _upgrading() -> None:
    op.add_column("environment", sa.Column("previous_engine_version", sa.String(32)))
    op.add_column("runner", sa.Column("engine_versions", postgresql.JSONB, nullable=False, server_default="[]"))


def _drop_limits() -> None:
    op.drop_table("throttled_requests")
    for column in ("read_only", "own_limits", "query_seconds", "requests_in_flight"):
        op.drop_column("environment", column)


def _ui_sessions() -> None:
    op.add_column("access_token", sa.Column("environment_id", sa.String(32)))
    op.create_foreign_key(None, "access_token", "environment", ["environment_id"], ["environment_id"])
    op.create_table(
        "ui_code",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column(
            "session_id", sa.String(32), sa.ForeignKey("login_session.session_id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(None, "ui_code", ["session_id"])
    op.create_index(None, "ui_code", ["expires_at"])


def _drop_ui_sessions() -> None:
    op.drop_table("ui_code")
    # An older version would take them for bearer tokens.
    op.execute("DELETE FROM access_token WHERE environment_id IS NOT NULL")
    op.drop_column("access_token", "environment_id")


def _egress() -> None:
    op.add_column("runner", sa.Column("egress_active", sa.Boolean))
    op.add_column("runner", sa.Column("egress_reason", sa.String(300)))
    op.add_column("runner", sa.Column("draining", sa.Boolean, nullable=False, server_default="false"))


def _drop_egress() -> None:
    for column in ("draining", "egress_reason", "egress_active"):
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
        "audit_archive",
        sa.Column("chain", sa.String(32), primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("first", sa.BigInteger, nullable=False),
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
    for table in ("audit_verification", "audit_archive", "audit_checkpoint", "audit_key", "audit_head"):
        op.drop_table(table)
    for index in ("chain", "unsealed", "actor", "target", "action", "at"):
        op.drop_index(f"{'uq' if index == 'chain' else 'ix'}_audit_event_{index}", table_name="audit_event")
    for column in ("hash", "previous_hash", "sequence", "result", "user_agent"):
        op.drop_column("audit_event", column)


def _identity_keys() -> None:
    op.add_column("identity_key", sa.Column("state", sa.String(16), nullable=False, server_default="current"))
    for name in ("activated_at", "retired_at", "destroyed_at"):
        op.add_column("identity_key", sa.Column(name, sa.DateTime(timezone=True)))
    op.execute("UPDATE identity_key SET activated_at = created_at")
    op.execute("UPDATE identity_key SET state = 'destroyed' WHERE sealed_private_key IS NULL")
    states = "state IN ('next','current','previous','destroyed')"
    op.create_check_constraint(op.f("ck_identity_key_state"), "identity_key", states)
    op.create_index(
        "uq_identity_key_state",
        "identity_key",
        ["environment_id", "state"],
        unique=True,
        postgresql_where=sa.text("state <> 'destroyed'"),
    )
    _deployments()


def _deployments() -> None:
    op.create_table(
        "deployment_report",
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("sealed_deployments", sa.LargeBinary, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "identity_key_check",
        sa.Column("environment_id", sa.String(32), sa.ForeignKey("environment.environment_id"), primary_key=True),
        sa.Column("deployment_id", sa.String(64), primary_key=True),
        sa.Column("identity_key_id", sa.String(32), primary_key=True),
        sa.Column("uri", sa.String(2000), nullable=False),
        sa.Column("accepted", sa.Boolean),
        sa.Column("message", sa.String(500), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
    )


def _drop_identity_keys() -> None:
    op.drop_table("identity_key_check")
    op.drop_table("deployment_report")
    op.drop_index("uq_identity_key_state", table_name="identity_key")
    op.drop_constraint(op.f("ck_identity_key_state"), "identity_key")
    for name in ("destroyed_at", "retired_at", "activated_at", "state"):
        op.drop_column("identity_key", name)
