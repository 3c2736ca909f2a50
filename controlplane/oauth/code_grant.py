"""Authorization codes (RFC 6749 §4.1) with PKCE (RFC 7636): 60 seconds, once, for whom they were made."""

import secrets
from datetime import timedelta
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge

from controlplane import audit
from controlplane.core import clock, tokens
from controlplane.login import sessions
from controlplane.oauth import granted, repository
from controlplane.oauth.clients import Client
from controlplane.oauth.models import AuthorizationCode
from controlplane.oauth.requests import Asked
from controlplane.users.models import User

LIFE = timedelta(seconds=60)


class Pkce(CodeChallenge):  # type: ignore[misc]
    """S256 or nothing; nothing only from clients that cannot do it."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def __init__(self) -> None:
        # Not by way of the token request: the authorization request without a challenge is refused already.
        super().__init__(required=False)

    def validate_code_challenge(self, grant: "CodeGrant", redirect_uri: str) -> None:
        given = grant.request.payload.data
        if not given.get("code_challenge"):
            if grant.client.pkce_required or given.get("code_challenge_method"):
                raise InvalidRequestError("Missing 'code_challenge': this program must use PKCE (RFC 7636).")
            return
        # Absent, it would mean plain (RFC 7636 §4.3).
        if given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("'code_challenge_method' must be S256.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def generate_authorization_code(self) -> str:
        return secrets.token_urlsafe(32)

    def save_authorization_code(self, code: str, request: Asked) -> None:
        """`request.user` is the user and the login session that consents."""
        user_id, session_id = request.user
        row = AuthorizationCode(
            digest=tokens.digest(code),
            client_id=request.client.client_id,
            redirect_uri=request.payload.redirect_uri,
            code_challenge=request.payload.data.get("code_challenge"),
            user_id=user_id,
            session_id=session_id,
            expires_at=clock.now() + LIFE,
        )
        self.server.session.add(row)

    def query_authorization_code(self, code: str, client: Client) -> AuthorizationCode | None:
        """Null when it is not this client's, over, or used; used twice, it takes back what it gave (§4.1.2)."""
        row = repository.code_locked(self.server.session, tokens.digest(code))
        if row is None or row.client_id != client.client_id:
            return None
        if row.used_at is not None:
            self._take_back(row)
            return None
        return row if row.expires_at > clock.now() else None

    def authenticate_user(self, authorization_code: AuthorizationCode) -> User:
        session_id = authorization_code.session_id
        user = repository.living_session(self.server.session, session_id, clock.now())
        if user is None:
            raise InvalidGrantError("Whoever consented has signed out since. Log in again.")
        return user

    def generate_token(self, user: User, **_: Any) -> dict[str, Any]:  # noqa: ANN401
        row: AuthorizationCode = self.request.authorization_code
        admitted = granted.admit(self.server.session, user, row.session_id, self.client, self.request.user_agent)
        row.program_session_id = admitted.session_id
        return granted.shown(admitted)

    def delete_authorization_code(self, authorization_code: AuthorizationCode) -> None:
        """It stays, so that its second use is recognised."""
        authorization_code.used_at = clock.now()

    def _take_back(self, row: AuthorizationCode) -> None:
        if row.program_session_id is not None:
            sessions.end(self.server.session, row.program_session_id)
            details = {"client": row.client_id}
            refused = audit.Result.REFUSED
            audit.record(
                self.server.session, None, "auth.code_reused", row.program_session_id, details=details, result=refused
            )
