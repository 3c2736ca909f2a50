"""Asking a provider where it does what (OpenID Connect Discovery 1.0, RFC 8414), and checking that it can be used."""

from dataclasses import dataclass
from typing import Any

from controlplane.core import outbound, urls
from controlplane.core.outbound import OutboundFailed
from controlplane.sso_connections.errors import ProviderUnusable

GOOGLE, GITHUB, WORKOS = "https://accounts.google.com", "https://github.com", "https://api.workos.com"
_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_KEPT = (
    *_REQUIRED,
    "userinfo_endpoint",
    "authorization_response_iss_parameter_supported",
    "token_endpoint_auth_methods_supported",
    "id_token_signing_alg_values_supported",
)


@dataclass(frozen=True)
class Provider:
    """What is known before asking. `tenants`: an account chose the addresses."""

    kind: str
    issuer: str
    client_id: str
    api_base_url: str | None
    tenants: bool


def default_issuer(kind: str, client_id: str) -> str | None:
    known = {"google": GOOGLE, "github": GITHUB, "workos": f"{WORKOS}/user_management/{client_id}"}
    return known.get(kind)


def discover(provider: Provider) -> dict[str, Any]:
    """The provider's endpoints by their names in discovery documents. Raises `ProviderUnusable` with a sentence."""
    try:
        _check_url("issuer", provider.issuer, provider.tenants)
        found = _BY_KIND.get(provider.kind, _openid)(provider)
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "api"):
            if name in found:
                _check_url(name, found[name], provider.tenants)
        if provider.kind == "workos":
            outbound.fetch_json(found["jwks_uri"], tenants=provider.tenants)
    except OutboundFailed as error:
        raise ProviderUnusable(str(error)) from error
    return found


def _openid(provider: Provider) -> dict[str, Any]:
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    document = outbound.fetch_json(url, tenants=provider.tenants)
    if not isinstance(document, dict):
        raise ProviderUnusable(f"{url} answered with JSON that is not an object.")
    if document.get("issuer") != provider.issuer:
        named = str(document.get("issuer"))[:200]
        raise ProviderUnusable(
            f"{url} says its issuer is {named!r}, not {provider.issuer!r}. The two have to be equal, character by "
            "character."
        )
    missing = [name for name in _REQUIRED if not isinstance(document.get(name), str)]
    if missing:
        raise ProviderUnusable(f"{url} does not name its {', '.join(missing)}.")
    _check_methods(url, document)
    keys = outbound.fetch_json(document["jwks_uri"], tenants=provider.tenants)
    if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
        raise ProviderUnusable(f"{document['jwks_uri']} answered with something that is not a set of keys (JWKS).")
    return {name: document[name] for name in _KEPT if name in document}


def _check_methods(url: str, document: dict[str, Any]) -> None:
    # Providers that say nothing of PKCE are common; one that says it cannot S256 is not used.
    methods = document.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise ProviderUnusable(f"{url} does not support PKCE with S256, which this plane always uses.")


def _github(provider: Provider) -> dict[str, Any]:
    base = provider.issuer.rstrip("/")
    api = provider.api_base_url or ("https://api.github.com" if base == GITHUB else f"{base}/api/v3")
    return {
        "authorization_endpoint": f"{base}/login/oauth/authorize",
        "token_endpoint": f"{base}/login/oauth/access_token",
        "api": api.rstrip("/"),
    }


def _workos(provider: Provider) -> dict[str, Any]:
    base = (provider.api_base_url or WORKOS).rstrip("/")
    return {
        "authorization_endpoint": f"{base}/user_management/authorize",
        "token_endpoint": f"{base}/user_management/authenticate",
        "jwks_uri": f"{base}/sso/jwks/{provider.client_id}",
        "api": base,
    }


def _check_url(name: str, url: str, tenants: bool) -> None:
    parts = urls.plain(url)
    if parts is None or parts.fragment:
        raise ProviderUnusable(f"The {name} is not an https address: {url[:200]!r}.")
    if name == "issuer" and parts.query:
        raise ProviderUnusable("The issuer is an https address without a query.")
    if tenants:
        outbound.check(url)


_BY_KIND = {"github": _github, "workos": _workos}
