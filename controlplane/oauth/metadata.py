"""What a program can find out about this authorization server (RFC 8414)."""

from typing import Any

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from controlplane.oauth.clients import GRANT_TYPES, SCOPE
from controlplane.oauth.exchange_grant import GRANT_TYPE as TOKEN_EXCHANGE
from controlplane.settings import settings


def document() -> dict[str, Any]:
    """No grant type `refresh_token`: there are none, a program whose token has expired logs in again."""
    origin = settings().console_url
    described: dict[str, Any] = AuthorizationServerMetadata(
        issuer=origin,
        authorization_endpoint=f"{origin}/oauth2/authorize",
        token_endpoint=f"{origin}/oauth2/token",
        device_authorization_endpoint=f"{origin}/oauth2/device_authorization",
        revocation_endpoint=f"{origin}/oauth2/revoke",
        response_types_supported=["code"],
        response_modes_supported=["query"],
        grant_types_supported=[*GRANT_TYPES, TOKEN_EXCHANGE],
        code_challenge_methods_supported=["S256"],
        token_endpoint_auth_methods_supported=["none"],
        revocation_endpoint_auth_methods_supported=["none"],
        scopes_supported=[SCOPE],
        authorization_response_iss_parameter_supported=True,
        service_documentation=f"{origin}/api/docs",
    )
    return described
