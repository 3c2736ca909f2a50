"""An environment's URLs in loopback mode and in production."""

from controlplane.environments import addresses
from controlplane.environments.models import Environment
from controlplane.settings import settings

LABEL = "0" * 27


def test_in_loopback_mode_each_environment_has_two_ports_of_its_own() -> None:
    urls = addresses.of(Environment(environment_id=f"env_{LABEL}", region="local", port_index=3))
    first = settings().environment_ports_from + 6
    assert (urls.ingress, urls.admin) == (f"http://127.0.0.1:{first}", f"http://127.0.0.1:{first + 1}")
    assert urls.host == f"{LABEL}.env.local.{settings().domain}"
    assert urls.tunnel_relay == f"http://127.0.0.1:{settings().relay_port}"
    assert urls.tunnel_proxy == f"http://127.0.0.1:{settings().tunnel_proxy_port}"


def test_in_production_the_label_is_the_host_and_the_ports_are_the_stock_ones() -> None:
    urls = addresses.of(Environment(environment_id=f"env_{LABEL}", region="eu", port_index=None))
    host = f"{LABEL}.env.eu.{settings().domain}"
    assert urls.ingress == f"https://{host}:{settings().ingress_port}"
    assert urls.admin == f"https://{host}:{settings().admin_port}"
    assert urls.tunnel_relay == f"https://tunnel.eu.{settings().domain}:{settings().relay_port}"
    assert urls.tunnel_srv == f"tunnel.eu.{settings().domain}"
    assert (urls.ingress_port, urls.admin_port) == (None, None)
