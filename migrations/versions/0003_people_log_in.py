"""people log in: mail, factors, providers, domains, invitations, programs, logs"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _sessions()
    _operators()
    _mail()
    _second_factors()
    _single_sign_on()
    _domains()
    _members()
    _invitations()
    _programs()
    _logs()


def _sessions() -> None:
    op.add_column("login_session", sa.Column("kind", sa.String(length=16), nullable=False, server_default="browser"))
    op.add_column("login_session", sa.Column("method", sa.String(length=64), nullable=False, server_default="password"))
    op.add_column("login_session", sa.Column("client", sa.String(length=64), nullable=True))
    op.alter_column("login_session", "digest", nullable=True)


def _operators() -> None:
    op.add_column("user", sa.Column("operator", sa.Boolean(), nullable=False, server_default=sa.false()))


def _mail() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "outbox_message",
        sa.Column("message_id", sa.String(32), primary_key=True),
        sa.Column("recipient", sa.String(254), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=True),
        sa.Column("body_until", time, nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", time, nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("sent_at", time, nullable=True),
        sa.Column("error", sa.String(500), nullable=True),
        sa.CheckConstraint("status IN ('queued','sent','failed','kept')", name="ck_outbox_message_status"),
    )
    op.create_index("ix_outbox_message_due_at", "outbox_message", ["due_at"], postgresql_where="due_at IS NOT NULL")
    op.create_index("ix_outbox_message_body_until", "outbox_message", ["body_until"])
    op.create_index("ix_outbox_message_recipient_message_id", "outbox_message", ["recipient", "message_id"])
    op.create_index("ix_outbox_message_created_at", "outbox_message", ["created_at"])
    op.create_table(
        "mail_token",
        sa.Column("digest", sa.String(43), primary_key=True),
        sa.Column("user_id", sa.String(32), sa.ForeignKey("user.user_id"), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False, index=True),
        sa.UniqueConstraint("user_id", "purpose", name="uq_mail_token_user_id_purpose"),
    )


def _second_factors() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("user", sa.Column("second_factor_since", time, nullable=True))
    required: sa.Column[bool] = sa.Column(
        "require_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()
    )
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


def _single_sign_on() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "sso_connection",
        sa.Column("connection_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("provider", sa.String(length=39), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("hosted_domain", sa.String(length=253), nullable=True),
        sa.Column("endpoints", postgresql.JSONB(), nullable=False),
        sa.Column("discovered_at", time, nullable=False),
        sa.Column("assume_email_verified", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.CheckConstraint("kind IN ('google','github','oidc','workos')", name=op.f("ck_sso_connection_kind")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_sso_connection_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_sso_connection")),
        sa.UniqueConstraint("provider", name=op.f("uq_sso_connection_provider")),
    )
    op.create_index(op.f("ix_sso_connection_account_id"), "sso_connection", ["account_id"])
    op.create_table(
        "identity",
        sa.Column("identity_id", sa.String(length=32), nullable=False),
        sa.Column("connection_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_used_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["sso_connection.connection_id"],
            name=op.f("fk_identity_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_identity_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("identity_id", name=op.f("pk_identity")),
        sa.UniqueConstraint("connection_id", "subject", name=op.f("uq_identity_connection_id_subject")),
    )
    op.create_index(op.f("ix_identity_user_id"), "identity", ["user_id"])
    op.create_table(
        "sso_attempt",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("connection_id", sa.String(length=32), nullable=False),
        sa.Column("browser_digest", sa.String(length=43), nullable=False),
        sa.Column("destination", sa.String(length=1000), nullable=False),
        sa.Column("link_user_id", sa.String(length=32), nullable=True),
        sa.Column("expires_at", time, nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["sso_connection.connection_id"],
            name=op.f("fk_sso_attempt_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_user_id"], ["user.user_id"], name=op.f("fk_sso_attempt_link_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sso_attempt")),
    )
    op.create_index(op.f("ix_sso_attempt_expires_at"), "sso_attempt", ["expires_at"])


def _domains() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "domain",
        sa.Column("domain_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("challenge", sa.String(length=100), nullable=False),
        sa.Column("verified_at", time, nullable=True),
        sa.Column("checked_at", time, nullable=True),
        sa.Column("failing_since", time, nullable=True),
        sa.Column("join_mode", sa.String(length=16), nullable=False),
        sa.Column("join_role", sa.String(length=16), nullable=False),
        sa.Column("sso_connection_id", sa.String(length=32), nullable=True),
        sa.Column("sso_required", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.CheckConstraint("join_mode IN ('none','suggest','auto')", name=op.f("ck_domain_join_mode")),
        sa.CheckConstraint("join_role IN ('developer','viewer')", name=op.f("ck_domain_join_role")),
        sa.CheckConstraint(
            "NOT sso_required OR sso_connection_id IS NOT NULL", name=op.f("ck_domain_required_connection")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.account_id"], name=op.f("fk_domain_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sso_connection_id"], ["sso_connection.connection_id"], name=op.f("fk_domain_sso_connection_id")
        ),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_domain")),
        sa.UniqueConstraint("account_id", "domain", name=op.f("uq_domain_account_id_domain")),
    )
    op.create_index(
        "uq_domain_verified", "domain", ["domain"], unique=True, postgresql_where=sa.text("verified_at IS NOT NULL")
    )
    op.create_index(op.f("ix_domain_sso_connection_id"), "domain", ["sso_connection_id"])


def _members() -> None:
    time = sa.DateTime(timezone=True)
    op.add_column("account", sa.Column("deleted_at", time, nullable=True))
    op.drop_constraint("uq_account_name", "account")
    op.create_index(
        "uq_account_name",
        "account",
        ["created_by", "name"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("member", sa.Column("joined_by", sa.String(length=16), nullable=False, server_default="founder"))


def _programs() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "oauth_code",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("redirect_uri", sa.String(length=300), nullable=False),
        sa.Column("code_challenge", sa.String(length=128), nullable=True),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("used_at", time, nullable=True),
        sa.Column("program_session_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_oauth_code_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_oauth_code")),
    )
    op.create_index(op.f("ix_oauth_code_expires_at"), "oauth_code", ["expires_at"])
    op.create_table(
        "oauth_device_request",
        sa.Column("device_digest", sa.String(length=43), nullable=False),
        sa.Column("user_code_digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("requested_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("polled_at", time, nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("user_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("redeemed_at", time, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.user_id"], name=op.f("fk_oauth_device_request_user_id")),
        sa.PrimaryKeyConstraint("device_digest", name=op.f("pk_oauth_device_request")),
        sa.UniqueConstraint("user_code_digest", name=op.f("uq_oauth_device_request_user_code_digest")),
    )
    op.create_index(op.f("ix_oauth_device_request_network"), "oauth_device_request", ["network"])
    op.create_index(op.f("ix_oauth_device_request_expires_at"), "oauth_device_request", ["expires_at"])


def _invitations() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("account.account_id"), nullable=False),
        sa.Column("email", sa.String(254), nullable=False, index=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(43), nullable=False, unique=True),
        sa.Column("valid_days", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.String(32), sa.ForeignKey("user.user_id"), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("ended_at", time, nullable=True),
        sa.CheckConstraint("outcome IN ('accepted','declined','revoked','replaced')", name="outcome"),
    )
    op.create_index(
        "uq_invitation_open",
        "invitation",
        ["account_id", "email"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "invitation_mail",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("account_id", sa.String(32), nullable=False, index=True),
        sa.Column("invited_by", sa.String(32), nullable=False, index=True),
        sa.Column("recipient", sa.String(43), nullable=False, index=True),
        sa.Column("sent_at", time, nullable=False, index=True),
    )


def _logs() -> None:
    op.create_table(
        "log_line",
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=5), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environment.environment_id"], name=op.f("fk_log_line_environment_id")
        ),
        sa.PrimaryKeyConstraint("environment_id", "sequence", name=op.f("pk_log_line")),
    )
    op.create_index(op.f("ix_log_line_at"), "log_line", ["at"])
    op.create_table(
        "log_stream",
        sa.Column("environment_id", sa.String(length=32), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("kept_lines", sa.Integer(), nullable=False),
        sa.Column("kept_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environment.environment_id"], name=op.f("fk_log_stream_environment_id")
        ),
        sa.PrimaryKeyConstraint("environment_id", name=op.f("pk_log_stream")),
    )
