"""The authorization server: Authlib's rules, our rows. One object serves one request within its transaction."""

from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Error
from authlib.oauth2.rfc9207 import IssuerParameter
from sqlalchemy.orm import Session

from controlplane.oauth import clients
from controlplane.oauth.clients import Client
from controlplane.oauth.code_grant import CodeGrant, Pkce
from controlplane.oauth.device_grant import DeviceEndpoint, DeviceGrant
from controlplane.oauth.exchange_grant import ExchangeGrant
from controlplane.oauth.requests import Answer, Asked
from controlplane.oauth.revocation import Revocation
from controlplane.settings import settings

_DESCRIPTIONS = {
    "authorization_pending": "Nobody has approved this program yet. Ask again after the interval.",
    "slow_down": "Asked too soon. Ask again after the interval, and five seconds more.",
    "expired_token": "The code has expired before anybody approved it. Log in again.",
    "invalid_grant": "This token was not issued to this program.",
    "unsupported_grant_type": (
        "'grant_type' is authorization_code, the device code's (RFC 8628) or token exchange's (RFC 8693)."
    ),
    "unsupported_response_type": "'response_type' must be code.",
    "unauthorized_client": "This program may not ask this way.",
}


class _Issuer(IssuerParameter):  # type: ignore[misc]
    """Says in each answer whose it is (RFC 9207). The stock CLI ignores it."""

    def get_issuer(self) -> str:
        return settings().console_url


class Server(AuthorizationServer):  # type: ignore[misc]
    """Its answers are returned, refusals too: what a refusal wrote has to stay."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.register_grant(CodeGrant, [Pkce()])
        self.register_grant(DeviceGrant)
        self.register_grant(ExchangeGrant)
        self.register_endpoint(DeviceEndpoint)
        self.register_endpoint(Revocation)
        self.register_extension(_Issuer())

    def query_client(self, client_id: str) -> Client | None:
        return clients.find(client_id)

    def create_oauth2_request(self, request: Asked) -> Asked:
        return request

    def save_token(self, token: dict[str, Any], request: Asked) -> None:
        """The grants issue tokens that are stored already."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:  # noqa: ANN401
        return Answer.of(status, body, headers)

    def handle_error_response(self, request: Asked | None, error: OAuth2Error) -> Answer:
        """Authlib names some errors without a word about them."""
        error.description = error.description or _DESCRIPTIONS.get(error.error, "")
        answer: Answer = super().handle_error_response(request, error)
        return answer

    def refused(self, error: OAuth2Error) -> Answer:
        """An error of an authorization request, as it goes back to the program when it may."""
        answer = self.handle_error_response(None, error)
        if answer.location:
            self.execute_hook("after_create_authorization_response", answer)
        return answer
