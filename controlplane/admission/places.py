from dataclasses import dataclass, field

from controlplane.core.destinations import Destinations, canonical
from controlplane.core.ids import label
from controlplane.preflight.checks import Report
from controlplane.preflight.dialling import resolve
from controlplane.preflight.targets import Target
from controlplane.preflight.tunnels import is_own_tunnel


@dataclass(frozen=True)
class Places:
    """What one environment may reach, its tunnels included. `below`: names judged that a `*.` allows."""

    destinations: Destinations
    tunnel_proxy: Target
    environment_id: str
    below: set[str] = field(default_factory=set)

    def judge(self, target: Target) -> None:
        """The name is resolved now, and nothing is dialled. Raises `preflight.checks.Failed`."""
        if not is_own_tunnel(target, self.tunnel_proxy, label(self.environment_id)):
            resolve(target, self.destinations, Report())
            if self.destinations.is_below(target.host):
                self.below.add(canonical(target.host))
