"""The conversation with a provider: where to send the browser, and whom its code stands for.

OpenID Connect Core 1.0 for google and oidc, OAuth 2.0 for github and workos; always with PKCE (RFC 7636, S256).
Nothing here touches the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client

from controlplane.core import outbound, tokens
from controlplane.core.outbound import OutboundFailed
from controlplane.sso.attempts import Proofs
from controlplane.sso.errors import SsoRefused
from controlplane.sso.profile import Profile, person_name, verified_email
from controlplane.sso_connections import jwts
from controlplane.sso_connections.jwts import TokenRefused

_SCOPES = {"github": "read:user user:email", "workos": None}


@dataclass(frozen=True)
class Peer:
    """What of a connection is needed to talk to its provider, secrets included."""

    kind: str
    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    endpoints: dict[str, Any]
    hosted_domain: str | None
    assume_email_verified: bool
    tenants: bool


def authorization_url(peer: Peer, proofs: Proofs) -> str:
    """Where the browser goes."""
    extra = {"provider": "authkit"} if peer.kind == "workos" else {}
    if peer.kind in {"google", "oidc"}:
        extra["nonce"] = proofs.nonce
        if peer.hosted_domain:
            extra["hd"] = peer.hosted_domain
    with _client(peer) as client:
        url, _ = client.create_authorization_url(
            peer.endpoints["authorization_endpoint"], proofs.state, proofs.code_verifier, **extra
        )
    return str(url)


def check_answer(peer: Peer, issuer: str | None) -> None:
    """The `iss` parameter of the answer (RFC 9207), required where the provider announced it. Raises `SsoRefused`."""
    announced = peer.endpoints.get("authorization_response_iss_parameter_supported") is True
    if (issuer is None and announced) or issuer not in (None, peer.issuer):
        raise SsoRefused("sso_invalid_answer", "the answer's iss is missing or of another provider")


def exchange(peer: Peer, code: str, proofs: Proofs) -> Profile:
    """Whom the code stands for. Raises `SsoRefused`."""
    try:
        return _BY_KIND.get(peer.kind, _openid)(peer, code, proofs)
    except OutboundFailed as error:
        raise SsoRefused("sso_unavailable", str(error)) from error
    except TokenRefused as error:
        raise SsoRefused("sso_invalid_answer", str(error)) from error
    except (OAuthError, TypeError, AttributeError, KeyError, ValueError) as error:
        raise SsoRefused("sso_invalid_answer", f"token endpoint: {type(error).__name__}") from error


def _openid(peer: Peer, code: str, proofs: Proofs) -> Profile:
    token = _token(peer, code, proofs)
    claims = jwts.verified(str(token["id_token"]), peer.endpoints["jwks_uri"], tenants=peer.tenants)
    jwts.check_issuer(claims, peer.issuer)
    jwts.check_audience(claims, peer.client_id)
    if not tokens.same(str(claims.get("nonce")), proofs.nonce):
        raise TokenRefused("of another sign-in (nonce)")
    subject = jwts.subject(claims)
    if peer.hosted_domain and str(claims.get("hd")).lower() != peer.hosted_domain:
        raise SsoRefused("sso_not_permitted", "of another hosted domain")
    # The address and whether it is verified are taken from one place, not half of each.
    if not {"email", "email_verified"} <= claims.keys() and "userinfo_endpoint" in peer.endpoints:
        claims |= _userinfo(peer, str(token["access_token"]), subject)
    email = verified_email(claims.get("email"), claims.get("email_verified", peer.assume_email_verified))
    return Profile(subject, email, person_name(claims.get("name")))


def _userinfo(peer: Peer, access_token: str, subject: str) -> dict[str, Any]:
    found = _fetched(peer, peer.endpoints["userinfo_endpoint"], access_token)
    # A provider that mixes people up must not mix up ours (OpenID Connect Core §5.3.2).
    if not isinstance(found, dict) or found.get("sub") != subject:
        raise TokenRefused("userinfo of somebody else")
    return {name: found[name] for name in ("email", "email_verified", "name") if name in found}


def _github(peer: Peer, code: str, proofs: Proofs) -> Profile:
    access_token, api = str(_token(peer, code, proofs)["access_token"]), peer.endpoints["api"]
    user: Any = _fetched(peer, f"{api}/user", access_token)
    emails: Any = _fetched(peer, f"{api}/user/emails", access_token)
    if not isinstance(user.get("id"), int) or not isinstance(emails, list):
        raise TokenRefused("no user in GitHub's answer")
    primary = [one for one in emails if isinstance(one, dict) and one.get("primary") is True]
    email = verified_email(primary[0].get("email"), primary[0].get("verified")) if primary else None
    return Profile(str(user["id"]), email, person_name(user.get("name") or user.get("login")))


def _workos(peer: Peer, code: str, proofs: Proofs) -> Profile:
    url = peer.endpoints["token_endpoint"]
    body = {
        "client_id": peer.client_id,
        "client_secret": peer.client_secret,
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": proofs.code_verifier,
    }
    with outbound.explained(url), outbound.client(tenants=peer.tenants) as client:
        answer = client.post(url, json=body)
    if answer.status_code in {400, 401, 403}:
        raise TokenRefused("WorkOS did not take the code")
    return workos_profile(outbound.parsed(url, answer), "user")


def workos_profile(document: Any, key: str | None = None) -> Profile:  # noqa: ANN401 - whatever somebody's JSON held
    """The profile in a WorkOS user object. Raises `TypeError`, `KeyError`, `AttributeError`."""
    user = document[key] if key else document
    email = verified_email(user.get("email"), user.get("email_verified"))
    return Profile(jwts.subject({"sub": user["id"]}), email, person_name(user.get("first_name"), user.get("last_name")))


def _token(peer: Peer, code: str, proofs: Proofs) -> dict[str, Any]:
    url = peer.endpoints["token_endpoint"]
    with outbound.explained(url), _client(peer) as client:
        found: dict[str, Any] = client.fetch_token(
            url, code=code, code_verifier=proofs.code_verifier, redirect_uri=peer.redirect_uri
        )
    return found


def _fetched(peer: Peer, url: str, access_token: str) -> object:
    return outbound.fetch_json(url, tenants=peer.tenants, headers={"authorization": f"Bearer {access_token}"})


def _client(peer: Peer) -> OAuth2Client:
    return OAuth2Client(
        peer.client_id,
        peer.client_secret,
        token_endpoint_auth_method=_auth_method(peer),
        scope=_SCOPES.get(peer.kind, "openid email profile"),
        redirect_uri=peer.redirect_uri,
        code_challenge_method="S256",
        transport=outbound.transport(tenants=peer.tenants),
    )


def _auth_method(peer: Peer) -> str:
    if peer.client_secret is None:
        return "none"
    # What a provider takes that does not say (OpenID Connect Discovery 1.0 §3).
    offered = peer.endpoints.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in offered and peer.kind != "github" else "client_secret_post"


_BY_KIND: dict[str, Callable[[Peer, str, Proofs], Profile]] = {"github": _github, "workos": _workos}
