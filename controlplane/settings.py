"""Every setting of the control plane, read from `CONTROLPLANE_*` variables on first use."""

from email.utils import parseaddr
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


def _listed(text: object) -> object:
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine's for itself."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return (host or "").rpartition(".")[2] == "localhost"


# CIDRs with commas between them.
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Frozen; durations name their unit, ports are TCP ports on `public_host`."""

    model_config = SettingsConfigDict(
        env_prefix="CONTROLPLANE_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    home: Path = Path(".controlplane")
    database_url: str
    redis_url: str
    secrets_dir: Path = Path(".controlplane/secrets")
    internal_socket: Path = Path("api-internal.sock")
    # Runtime directory of a node on this host; None: there is none.
    run_dir: Path | None = None

    public_host: str = "127.0.0.1"
    api_port: Port = 8000
    ingress_port: Port = 8080
    admin_port: Port = 9070
    tunnel_proxy_port: Port = 9080
    relay_port: Port = 9090
    environment_ports_from: Port = 8100
    public_url: str | None = None
    # PEM files; with them the public API is served by HTTPS too, on `tls_port`. Read again when they change.
    tls_certificate: Path | None = None
    tls_key: Annotated[Path | None, Field(validate_default=True)] = None
    tls_port: Port = 443
    loopback_mode: bool = True
    region: str = "local"
    domain: str = "restate.localhost"
    runner_id: str = "local"

    access_token_hours: int = 24
    session_idle_hours: int = 72
    session_absolute_days: int = 30
    ui_session_idle_hours: Annotated[int, Field(ge=1)] = 2
    login_failures_allowed: int = 10
    login_window_minutes: int = 15
    signups_per_address_per_hour: int = 50
    # An office shares an address; a flood of programs that nobody approves comes from one too.
    waiting_devices_per_address: Annotated[int, Field(ge=1)] = 50
    verification_link_hours: int = 24
    password_reset_link_minutes: int = 60
    breached_passwords_file: Path | None = None

    # smtp://user:password@host:587 (STARTTLS unless on this machine) or smtps://…; without it mail stays in the outbox.
    smtp_url: SecretStr | None = None
    mail_from: Annotated[str | None, Field(validate_default=True)] = None
    mails_per_recipient_per_hour: int = 5
    mails_per_address_per_hour: int = 30
    mail_give_up_hours: int = 48
    mail_keep_days: int = 30

    deleted_environment_days: int = 7
    environments_per_account: int = 50
    accounts_per_user: int = 20
    invitation_days: Annotated[int, Field(ge=1, le=30)] = 7
    open_invitations_per_account: int = 100
    invitation_mails_per_account_daily: int = 50
    api_keys_per_environment: int = 100
    workload_rules_per_environment: int = 20
    workload_tokens_per_environment: int = 1000
    """So many access tokens are given to CI jobs within an hour."""
    kafka_subscriptions_per_environment: Annotated[int, Field(ge=0)] = 100
    engine_version: str = "1.7.12"
    environment_requests_per_second: int = 5000
    environment_requests_in_flight: int = 1000
    environment_request_size_limit_bytes: int = 32 * 1024 * 1024
    environment_query_seconds: int = 60
    request_body_limit_bytes: int = 1024 * 1024
    sweep_seconds: int = 10
    edge_log_keep_rows: int = 100_000
    audit_checkpoint_rows: Annotated[int, Field(ge=1)] = 1000
    """A chain is signed when it has grown by so many rows, or at all since so many minutes."""
    audit_checkpoint_minutes: Annotated[int, Field(ge=0)] = 10
    audit_verify_hours: Annotated[int, Field(ge=0)] = 24
    log_hours: Annotated[int, Field(ge=1)] = 72
    """So long, and of each environment so many lines and bytes of text, are kept of what engines log."""
    log_lines: Annotated[int, Field(ge=1)] = 100_000
    log_bytes: Annotated[int, Field(ge=1)] = 64 * 1024 * 1024
    log_edge_lines: Annotated[int, Field(ge=1)] = 20_000
    """So many of them may be the edge's: strangers can cause those, and shall not push out the engine's."""
    log_followers: Annotated[int, Field(ge=0)] = 100
    """So many may follow logs at once in one process, and so many of them may be one user."""
    log_followers_per_user: Annotated[int, Field(ge=0)] = 10
    usage_minute_hours: Annotated[int, Field(ge=6)] = 48
    """So long minutes of usage are kept, and hours and days so many days."""
    usage_hour_days: Annotated[int, Field(ge=3)] = 90
    usage_day_days: Annotated[int, Field(ge=3)] = 400
    dns_resolver: str | None = Field(default=None, pattern=r"^.+:\d+$", description="host:port; else the system's")
    domain_recheck_hours: int = 24
    domain_lost_days: int = 7
    outbound_allowed_networks: Networks = ()
    # What no environment's policy can allow: the operator's own addresses. And what accounts may allow by themselves.
    outbound_refused_networks: Networks = ()
    outbound_grantable_networks: Networks | None = None
    # The role our engines run with, which customers' roles trust; the account is the one in its ARN.
    aws_principal_role_arn: str | None = Field(default=None, pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")
    aws_own_account_role_path: str | None = Field(default=None, pattern=r"^/([\w+=,.@-]+/)+$")
    aws_region: str = Field(default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="whose STS is asked")
    aws_principal_account: Annotated[str | None, Field(pattern=r"^\d{12}$", validate_default=True)] = None
    trusted_proxies: Networks = ()
    console_directory: Path = Path(__file__).resolve().parent.parent / "web" / "dist"
    """What `npm run build` in web/ makes."""

    @field_validator("smtp_url")
    @classmethod
    def _reachable_form(cls, url: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(url.get_secret_value()) if url else None
        if parts and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.port == 0):
            raise ValueError("It looks like smtp://user:password@host:587 or smtps://user:password@host:465.")
        return url

    @field_validator("tls_key")
    @classmethod
    def _key_of_the_certificate(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        if (key is None) != (info.data.get("tls_certificate") is None):
            raise ValueError("Name both CONTROLPLANE_TLS_CERTIFICATE and CONTROLPLANE_TLS_KEY, or neither.")
        return key

    @field_validator("aws_principal_account")
    @classmethod
    def _account_of_the_role(cls, account: str | None, info: ValidationInfo) -> str | None:
        role_arn = info.data.get("aws_principal_role_arn")
        if account is not None and (role_arn is None or role_arn.split(":")[4] != account):
            raise ValueError("It is the account in CONTROLPLANE_AWS_PRINCIPAL_ROLE_ARN; name that role, too.")
        return account

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, sender: str | None, info: ValidationInfo) -> str | None:
        plain = sender is None or (sender.isprintable() and "@" in parseaddr(sender)[1])
        if not plain or (sender is None and info.data.get("smtp_url")):
            raise ValueError("With CONTROLPLANE_SMTP_URL set it is the sender's address, such as cloud@example.com.")
        return sender

    @property
    def sends_mail(self) -> bool:
        """Whether there is a way for mail to leave; without one a new address counts as verified."""
        return self.smtp_url is not None

    @property
    def is_tried_out(self) -> bool:
        """Whether it is one person's on their own machine. In loopback mode others come in by a proxy or a public host:
        what is convenient for one person would then be open to them.
        """
        hosts = (self.public_host, urlsplit(self.console_url).hostname)
        return self.loopback_mode and all(is_loopback(host) for host in hosts)

    @property
    def console_url(self) -> str:
        """Without a trailing slash, as an `Origin` has it."""
        return (self.public_url or f"http://{self.public_host}:{self.api_port}").rstrip("/")


def explained(error: ValidationError) -> str:
    """Each variable that is missing or wrong, and why; never its value."""
    prefix = Settings.model_config["env_prefix"]
    faults = ((str(fault["loc"][0]), fault["msg"].removeprefix("Value error, ")) for fault in error.errors())
    return "; ".join(f"{prefix}{name.upper()}: {message}" for name, message in faults)


@lru_cache
def settings() -> Settings:
    """The process's settings. Raises `pydantic.ValidationError` naming each missing or wrong variable."""
    return Settings()  # type: ignore[call-arg,unused-ignore]
