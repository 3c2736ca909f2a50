"""The provider and the domain of the company that the pages show: a certified OpenID provider and a name server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane.domains.nameserver import NameServer
from tests.support import identity_provider, workload_issuer
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET
from tests.support.tenants import Environment

_DOMAIN = "corp.example"
_RULE = {
    "name": "deploy",
    "provider": "github",
    "role": "admin",
    "minutes": 15,
    "conditions": {"repository_id": "123456789", "repository": "acme/shop", "ref": "refs/heads/main"},
}


@contextmanager
def signing_in(environment: Environment, names: NameServer) -> Iterator[None]:
    """Single sign-on of the account, with one domain proven and one not yet; and a rule for its CI."""
    ada, account = environment.owner, f"/accounts/{environment.account_id}"
    with identity_provider.running([]) as running, workload_issuer.running() as issuer:
        ada.created(f"{environment.path}/workload-identity-rules", issuer=issuer.url, **_RULE)
        provider = {"kind": "oidc", "issuer": running.issuer, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}
        ada.created(f"{account}/sso-connections", name="Acme login", **provider)
        claimed = ada.created(f"{account}/domains", domain=_DOMAIN)
        names.records[claimed["recordName"]] = [claimed["recordValue"]]
        ada.created(f"{account}/domains/{_DOMAIN}/verify")
        ada.created(f"{account}/domains", domain=f"shop.{_DOMAIN}")
        yield
