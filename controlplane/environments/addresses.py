"""The URLs an environment is reached at: a host name of its own, or in loopback mode a pair of ports of its own."""

from dataclasses import dataclass

from controlplane.core.ids import label
from controlplane.environments.models import Environment
from controlplane.settings import settings


@dataclass(frozen=True)
class Addresses:
    """Absolute URLs without trailing slash; ports are null outside loopback mode."""

    host: str
    ingress: str
    admin: str
    tunnel_proxy: str
    tunnel_relay: str
    tunnel_srv: str
    ingress_port: int | None
    admin_port: int | None


def reserved_indexes() -> set[int]:
    """Pairs of loopback ports that would take one of the plane's own."""
    s = settings()
    own = (s.api_port, s.ingress_port, s.admin_port, s.tunnel_proxy_port, s.relay_port)
    return {(port - s.environment_ports_from) // 2 for port in own if port >= s.environment_ports_from}


def of(environment: Environment) -> Addresses:
    s = settings()
    zone = f"{environment.region}.{s.domain}"
    host = f"{label(environment.environment_id)}.env.{zone}"
    if environment.port_index is None:
        relay = f"https://tunnel.{zone}:{s.relay_port}"
        ingress, admin = f"https://{host}:{s.ingress_port}", f"https://{host}:{s.admin_port}"
        proxy = f"https://tunnel.{zone}:{s.tunnel_proxy_port}"
        return Addresses(host, ingress, admin, proxy, relay, f"tunnel.{zone}", None, None)
    first = s.environment_ports_from + 2 * environment.port_index
    base = f"http://{s.public_host}"
    proxy, relay = f"{base}:{s.tunnel_proxy_port}", f"{base}:{s.relay_port}"
    return Addresses(host, f"{base}:{first}", f"{base}:{first + 1}", proxy, relay, f"tunnel.{zone}", first, first + 1)
