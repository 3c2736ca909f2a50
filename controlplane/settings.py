"""Every setting of the control plane, read from `CONTROLPLANE_*` variables on first use."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Frozen; durations name their unit, ports are TCP ports on `public_host`."""

    model_config = SettingsConfigDict(env_prefix="CONTROLPLANE_", frozen=True, extra="ignore")

    home: Path = Path(".controlplane")
    database_url: str
    redis_url: str
    secrets_dir: Path = Path(".controlplane/secrets")
    internal_socket: Path = Path("api-internal.sock")

    public_host: str = "127.0.0.1"
    api_port: Port = 8000
    ingress_port: Port = 8080
    admin_port: Port = 9070
    tunnel_proxy_port: Port = 9080
    relay_port: Port = 9090
    environment_ports_from: Port = 8100
    public_url: str | None = None
    loopback_mode: bool = True
    region: str = "local"
    domain: str = "restate.localhost"
    runner_id: str = "local"

    access_token_hours: int = 24
    session_idle_hours: int = 72
    session_absolute_days: int = 30
    login_failures_allowed: int = 10
    login_window_minutes: int = 15
    deleted_environment_days: int = 7
    environments_per_account: int = 50
    accounts_per_user: int = 20
    api_keys_per_environment: int = 100
    engine_version: str = "1.7.12"
    environment_requests_per_second: int = 5000
    environment_request_size_limit_bytes: int = 32 * 1024 * 1024
    request_body_limit_bytes: int = 1024 * 1024
    sweep_seconds: int = 10
    edge_log_keep_rows: int = 100_000

    @property
    def console_url(self) -> str:
        """Without a trailing slash, as an `Origin` has it."""
        return (self.public_url or f"http://{self.public_host}:{self.api_port}").rstrip("/")


@lru_cache
def settings() -> Settings:
    """The process's settings. Raises `pydantic.ValidationError` naming each missing or wrong variable."""
    return Settings()  # type: ignore[call-arg,unused-ignore]
