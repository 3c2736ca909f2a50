"""Who we are to an authenticator (WebAuthn: the relying party): a host name, and the origin our pages come from."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from controlplane.second_factors.errors import PasskeysNeedAHostName, PasskeysNeedHttps
from controlplane.settings import settings

NAME = "Restate"


@dataclass(frozen=True)
class RelyingParty:
    """`identifier` is a domain; answers count only from a page of `origin`."""

    identifier: str
    origin: str


def relying_party(asked_from: str | None) -> RelyingParty:
    """Ours, for a page of the origin `asked_from` (null: a program).

    A plane at a loopback address is `localhost` to authenticators. Raises `PasskeysNeedAHostName`, `PasskeysNeedHttps`.
    """
    url = urlsplit(settings().console_url)
    host = url.hostname or ""
    if not _is_address(host):
        if url.scheme != "https" and host.rpartition(".")[2] != "localhost":
            raise PasskeysNeedHttps(settings().console_url)
        return RelyingParty(host, f"{url.scheme}://{url.netloc}")
    if not settings().is_tried_out:
        raise PasskeysNeedAHostName(
            f"Passkeys belong to a host name, and this plane is known by the address {host}. "
            "Its operator gives it a name with CONTROLPLANE_PUBLIC_URL=https://…"
        )
    origin = f"{url.scheme}://localhost" + (f":{url.port}" if url.port else "")
    if asked_from is not None and _is_address(urlsplit(asked_from).hostname or ""):
        raise PasskeysNeedAHostName(f"Passkeys belong to a host name, not to an address. Open {origin} and try there.")
    return RelyingParty("localhost", origin)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
