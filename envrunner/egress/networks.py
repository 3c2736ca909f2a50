"""Which addresses are public (RFC 6890). The control plane judges by the same; tests/contract/ holds them together."""

from __future__ import annotations

from ipaddress import ip_network

NOT_PUBLIC_V4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        ),
    )
)  # fmt: skip
PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
"""Into these a name may lead that somebody has allowed."""
# Beside all that is outside 2000::/3.
NOT_PUBLIC_V6 = tuple(map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# With one cloud or another they hand out credentials: reached only where this very address is allowed.
METADATA = tuple(
    map(
        ip_network,
        (
            "169.254.169.254/32", "169.254.170.2/32", "168.63.129.16/32", "100.100.100.200/32",
            "fd00:ec2::254/128", "fd20:ce::254/128",
        ),
    )
)  # fmt: skip
