"""Token exchange (RFC 8693): a token that a platform gave its job, for an access token of one environment."""

import re
from typing import Any

from authlib.oauth2.rfc6749 import BaseGrant, InvalidRequestError, OAuth2Error

from controlplane.oauth.requests import Asked
from controlplane.workload_identity import exchange
from controlplane.workload_identity.errors import AssertionRefused, ExchangeRefused, IssuerUnavailable
from controlplane.workload_identity.exchange import Exchanged

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"  # noqa: S105 - no secret, a name
SUBJECT_TYPES = (f"{_TOKEN_TYPE}id_token", f"{_TOKEN_TYPE}jwt")
ISSUED_TYPE = f"{_TOKEN_TYPE}access_token"
_AUDIENCE = "'audience' is the id of an environment (env_...) or of one of its workload identity rules (wir_...)."
_TARGET = re.compile(r"(env|wir)_[0-9a-z]{27}")
_UNKNOWN = ("actor_token", "actor_token_type")


class InvalidTarget(OAuth2Error):  # type: ignore[misc]
    """RFC 8693 §2.2.2."""

    error = "invalid_target"


class TemporarilyUnavailable(OAuth2Error):  # type: ignore[misc]
    error = "temporarily_unavailable"
    status_code = 503

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), ("Retry-After", "5")]


class ExchangeGrant(BaseGrant):  # type: ignore[misc]
    """Of no client: whoever asks is who the platform says, and nobody else (RFC 8693 §2.1)."""

    @classmethod
    def check_token_endpoint(cls, request: Asked) -> bool:
        return bool(request.payload.grant_type == GRANT_TYPE)

    def validate_token_request(self) -> None:
        """Raises `InvalidRequestError`, `InvalidTarget`."""
        form = self.request.form
        if form.get("subject_token_type") not in SUBJECT_TYPES or not form.get("subject_token"):
            raise InvalidRequestError(
                f"Send the platform's token as 'subject_token', and as 'subject_token_type' {SUBJECT_TYPES[0]}."
            )
        if form.get("requested_token_type", ISSUED_TYPE) != ISSUED_TYPE:
            raise InvalidRequestError(f"'requested_token_type' is {ISSUED_TYPE}, or absent.")
        if any(name in form for name in _UNKNOWN):
            raise InvalidRequestError("There is no acting for somebody else here: leave out 'actor_token'.")
        if "resource" in form or not _TARGET.fullmatch(form.get("audience", "")):
            raise InvalidTarget(f"{_AUDIENCE} 'resource' is not used.")

    def create_token_response(self) -> tuple[int, Any, list[tuple[str, str]]]:
        """Raises `InvalidRequestError` for what no rule lets in, as RFC 8693 §2.2.2 has it."""
        form = self.request.form
        try:
            exchanged = exchange.exchange(self.server.session, form["subject_token"], form["audience"])
        except (AssertionRefused, ExchangeRefused) as refusal:
            raise InvalidRequestError(str(refusal)) from refusal
        except IssuerUnavailable as error:
            raise TemporarilyUnavailable(
                "The token cannot be checked right now: its issuer does not answer. Try again in a moment."
            ) from error
        return 200, _shown(exchanged), self.TOKEN_RESPONSE_HEADER


def _shown(exchanged: Exchanged) -> dict[str, Any]:
    """RFC 8693 §2.2.1, and the environment's own addresses, so that a job needs to know nothing else."""
    return {
        "access_token": exchanged.access_token,
        "issued_token_type": ISSUED_TYPE,
        "token_type": "Bearer",
        "expires_in": exchanged.expires_in,
        "scope": exchanged.role,
        "environment_id": exchanged.environment_id,
        "ingress_url": exchanged.addresses.ingress,
        "admin_url": exchanged.addresses.admin,
    }
