"""What this node is told from outside: environment variables ``ENVRUNNER_…``, read once on first use."""

from __future__ import annotations

import ipaddress
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

_PREFIX = "ENVRUNNER_"
Port = Annotated[int, Field(ge=1, le=65535)]


def networks(text: str) -> str:
    """The networks, each in its usual form. Raises `ValueError`."""
    return " ".join(str(ipaddress.ip_network(one)) for one in text.split())


class Settings(BaseSettings):
    """One node. Directories are made by whoever needs them; ``run_dir`` must be short (sockets: 107 bytes)."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    state_dir: Path
    engines_dir: Path
    edge_dir: Path
    log_dir: Path
    run_dir: Path
    internal_url: str
    """``unix:<path>`` of the control plane's internal listener, or its http(s) URL."""
    credential_file: Path
    redis_url: str = ""
    runner_id: str = "local"

    bind_host: str = "127.0.0.1"
    ingress_port: Port = 8080
    admin_port: Port = 9070
    environment_ports_from: Port = 8100

    trusted_proxies: Annotated[str, AfterValidator(networks)] = ""
    """Of load balancers before the edge, with blanks between: what they say of a caller's address is taken."""
    proxy_protocol: bool = False
    """They say it by the PROXY protocol, which every connection then begins with; else by X-Forwarded-For."""

    relay_port: Port = 9090
    """Customers' tunnel clients dial in here."""
    relay_certificate: Path | None = None
    """PEM. Without it and its key customers come in without TLS, which clients from 1.6 on refuse."""
    relay_key: Path | None = None
    relay_public_url: str = ""
    """As customers reach it, with its port; empty: what this host listens on."""
    tunnel_proxy_port: Port = 9080
    """Engines call services behind tunnels here."""
    tunnel_proxy_certificate: Path | None = None
    tunnel_proxy_key: Path | None = None
    tunnel_proxy_public_url: str = ""
    """As engines reach it, with its port; empty: what this host listens on."""
    relay_node_url: str = ""
    """This node's tunnel proxy as the region's other relays reach it, with its port; empty: there are no others."""
    relay_compiled: bool = True
    """Whether the relay runs in machine code where the installation could compile it."""
    relay_ping_seconds: Annotated[float, Field(gt=0)] = 30.0
    relay_drain_seconds: Annotated[float, Field(ge=0)] = 8.0
    """So long calls under way may take when the relay is told to end."""

    query_seconds: Annotated[int, Field(ge=1)] = 300
    """After so long without an answer the edge cuts a SQL query off, whatever its environment allows."""

    engine_binaries: Path = Path()
    """Directory that holds ``node_modules/@restatedev/restate-server-…``."""
    engine_uid_from: Annotated[int | None, Field(ge=1000, le=4_000_000_000)] = None
    """First uid for engines (root only). None: a block of its own for this state directory."""
    egress_rules: bool = True
    """Whether the kernel is given rules (nftables) about what engines may connect to, where that is possible."""
    egress_names_seconds: Annotated[float, Field(gt=0)] = 30.0
    """So often names that engines may call in private networks are asked for anew."""
    engine_starts_at_once: Annotated[int, Field(ge=1)] = 4
    engine_drain_seconds: Annotated[float, Field(ge=0)] = 5.0
    """So long attempts at services may take to end before an engine is restarted; requests wait meanwhile."""
    engine_grace_seconds: float = 10.0
    engine_start_seconds: float = 60.0
    """After so long without an answer to a query a start counts as failed."""
    aws_role_arn: Annotated[str | None, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")] = None
    """The role that customers' roles trust. None: engines have no identity in AWS."""
    aws_region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"
    """Whose STS is asked."""
    aws_sts_endpoint_url: str = ""
    """For a network without a way to AWS's public endpoints; empty: AWS's own."""
    aws_lambda_endpoint_url: str = ""
    engine_log_bytes: int = 10 * 1024 * 1024
    log_lines_per_second: Annotated[int, Field(ge=1)] = 200
    """So many lines of one environment's log are sent; what is beyond is counted and left out."""
    log_line_bytes: Annotated[int, Field(ge=100, le=64 * 1024)] = 16 * 1024
    usage_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    """At this interval each engine's counters are read."""
    sync_seconds: float = 10.0

    @property
    def agent_lock(self) -> Path:
        """Held by the one agent of ``state_dir``."""
        return self.state_dir / "agent.lock"

    @property
    def agent_socket(self) -> Path:
        """Where the node agent listens."""
        return self.run_dir / "agent.sock"

    @property
    def edge_agent_socket(self) -> Path:
        """Where the edge agent is told of restarts."""
        return self.run_dir / "edge" / "control" / "agent.sock"

    @property
    def relay_url(self) -> str:
        """Where customers dial in."""
        scheme = "https" if self.relay_certificate else "http"
        return self.relay_public_url or f"{scheme}://{self.bind_host}:{self.relay_port}"

    @property
    def tunnel_proxy_url(self) -> str:
        """Where engines call."""
        scheme = "https" if self.tunnel_proxy_certificate else "http"
        return self.tunnel_proxy_public_url or f"{scheme}://{self.bind_host}:{self.tunnel_proxy_port}"

    @property
    def relay_dir(self) -> Path:
        """The relay's copy of the tables."""
        return self.state_dir / "relay"

    @property
    def relay_socket(self) -> Path:
        """Where the relay tells about itself."""
        return self.run_dir / "relay.sock"

    @property
    def log_positions_dir(self) -> Path:
        """How far each engine's log has been sent."""
        return self.state_dir / "logs"

    @property
    def edge_positions_dir(self) -> Path:
        """The same of what the edge writes for each environment."""
        return self.state_dir / "edge-lines"

    @property
    def usage_dir(self) -> Path:
        """What each engine did in the last hour."""
        return self.state_dir / "usage"

    @property
    def directories(self) -> tuple[Path, ...]:
        """Of this host; tenants need not know them."""
        own = (self.state_dir, self.engines_dir, self.edge_dir, self.log_dir, self.run_dir, self.sockets_dir)
        return (*own, self.credential_file.parent, self.engine_binaries)

    @property
    def sockets_dir(self) -> Path:
        """``<label>/i.sock`` and ``<label>/a.sock`` below it are the engines' entrances."""
        return self.run_dir / "e"


class BadSettings(SystemExit):
    """A variable is missing or wrong; the message names each."""


@cache
def settings() -> Settings:
    """The settings of this process. Raises `BadSettings`."""
    try:
        return Settings()
    except ValidationError as error:
        problems = [f"{_PREFIX}{one['loc'][0]}".upper() + f": {one['msg'].lower()}" for one in error.errors()]
        raise BadSettings(f"These environment variables need a value that is right: {'; '.join(problems)}.") from None
