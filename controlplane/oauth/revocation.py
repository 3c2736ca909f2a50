"""RFC 7009: a program gives its access token back; its session here ends with it."""

from authlib.oauth2.rfc6749 import InvalidRequestError, TokenMixin
from authlib.oauth2.rfc7009 import RevocationEndpoint

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import tokens
from controlplane.login import sessions
from controlplane.login.models import LoginSession
from controlplane.oauth import repository
from controlplane.oauth.clients import Client
from controlplane.oauth.requests import Asked


class _ProgramSession(TokenMixin):  # type: ignore[misc]
    def __init__(self, login: LoginSession) -> None:
        self.login = login

    def check_client(self, client: Client) -> bool:
        """A browser's session is no client's."""
        return self.login.client == client.client_id


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = ("none",)

    def check_params(self, request: Asked, _client: Client) -> None:
        """Hints are ignored (§2.1): there is one kind of token."""
        if not request.form.get("token"):
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token: str, _hint: str | None) -> _ProgramSession | None:
        login = repository.session_of_token(self.server.session, tokens.digest(token))
        return _ProgramSession(login) if login else None

    def revoke_token(self, token: _ProgramSession, _request: Asked) -> None:
        login = token.login
        sessions.end(self.server.session, login.session_id)
        by = Principal(login.user_id, "", login.session_id, {})
        audit.record(self.server.session, by, "auth.logout", login.session_id)
