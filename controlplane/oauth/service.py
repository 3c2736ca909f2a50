"""Authorization requests of programs: checked, shown to a person, decided by them; and the endpoints programs call."""

import string
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error, UnsupportedResponseTypeError
from sqlalchemy.orm import Session

from controlplane import audit
from controlplane.auth import Principal
from controlplane.core import clock
from controlplane.oauth import clients, repository
from controlplane.oauth.clients import LOOPBACK_RULE, MAX_REDIRECT_LENGTH, SCOPE, Client
from controlplane.oauth.code_grant import CodeGrant
from controlplane.oauth.errors import AuthorizationRefused, RedirectRefused, UnknownClient
from controlplane.oauth.requests import Answer, Asked, Parameters
from controlplane.oauth.server import Server
from controlplane.settings import settings
from controlplane.workload_identity import access as workloads

# RFC 6749 appendix A.5: what a `state` may consist of, and we hand it back.
_PRINTABLE = frozenset(string.printable) - frozenset("\t\n\r\x0b\x0c")
_MAX_STATE_LENGTH = 1024
_DEVICE_REQUESTS_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class AuthorizationRequest:
    """A valid request, for the page that asks; `redirect_host` is where the answer goes (`localhost:33912`)."""

    client_id: str
    client_name: str
    redirect_uri: str
    redirect_host: str
    scope: str
    state: str | None


def check_authorization(session: Session, params: Parameters) -> AuthorizationRequest:
    """The parameters of `GET /oauth2/authorize` (RFC 6749 §4.1.1).

    Raises `UnknownClient` and `RedirectRefused`, after which the browser must stay here; and `AuthorizationRefused`,
    with `redirect_to` for a way back to the program.
    """
    return _grant(Server(session), params)[1]


def decide_authorization(
    session: Session, by: Principal, session_id: str, params: Parameters, *, approved: bool
) -> str:
    """Where to send the browser: back to the program, with a code or with `access_denied`. Raises like checking."""
    server = Server(session)
    grant, request = _grant(server, params)
    user = (by.user_id, session_id) if approved else None
    answer: Answer = server.create_authorization_response(grant.request, user, grant)
    decision = "approved" if approved else "denied"
    details = {"client": request.client_id, "redirectHost": request.redirect_host}
    audit.record(session, by, f"program.{decision}", session_id, details=details)
    return answer.location or request.redirect_uri


def token(session: Session, params: Parameters, user_agent: str | None) -> Answer:
    """`POST /oauth2/token`."""
    answer: Answer = Server(session).create_token_response(Asked(params, user_agent))
    return answer


def authorize_device(session: Session, params: Parameters, user_agent: str | None) -> Answer:
    """`POST /oauth2/device_authorization`. Raises `TooManyOpenRequests`."""
    answer: Answer = Server(session).create_endpoint_response("device_authorization", Asked(params, user_agent))
    return answer


def revoke(session: Session, params: Parameters) -> Answer:
    """`POST /oauth2/revoke`."""
    # A job's token was issued to no program; who holds it may end it.
    if workloads.give_back(session, params.get("token", "")):
        return Answer(200, {})
    answer: Answer = Server(session).create_endpoint_response("revocation", Asked(params))
    return answer


def forget_expired(session: Session) -> None:
    """A used code is known until the token that came of it has expired anyway."""
    now = clock.now()
    codes_before = now - timedelta(hours=settings().access_token_hours)
    repository.delete_expired(session, codes_before, now - _DEVICE_REQUESTS_KEPT)


def _grant(server: Server, params: Parameters) -> tuple[CodeGrant, AuthorizationRequest]:
    client, redirect_uri = _addressee(params)
    try:
        _check_state(params)
        if params.get("response_type") != "code":
            raise UnsupportedResponseTypeError("other", redirect_uri=redirect_uri)
        grant: CodeGrant = server.get_consent_grant(Asked(params))
    except OAuth2Error as error:
        error.redirect_uri = redirect_uri
        error.state = error.state or _returnable(params)
        raise AuthorizationRefused(_sentence(client, error), server.refused(error).location or redirect_uri) from error
    host = urlsplit(redirect_uri).netloc
    return grant, AuthorizationRequest(client.client_id, client.name, redirect_uri, host, SCOPE, params.get("state"))


def _addressee(params: Parameters) -> tuple[Client, str]:
    """To whom an answer may be sent; until that is certain, nobody is sent anywhere (RFC 6749 §4.1.2.1)."""
    client = clients.find(params.get("client_id"))
    if client is None:
        raise UnknownClient
    redirect_uri = params.get("redirect_uri", "")
    if len(redirect_uri) > MAX_REDIRECT_LENGTH or not client.check_redirect_uri(redirect_uri):
        raise RedirectRefused(LOOPBACK_RULE)
    return client, redirect_uri


def _check_state(params: Parameters) -> None:
    if params.get("state") and _returnable(params) is None:
        raise InvalidRequestError(f"'state' has at most {_MAX_STATE_LENGTH} printable ASCII characters.")


def _returnable(params: Parameters) -> str | None:
    state = params.get("state", "")
    return state if state and len(state) <= _MAX_STATE_LENGTH and _PRINTABLE.issuperset(state) else None


def _sentence(client: Client, error: OAuth2Error) -> str:
    return f"{client.name} asked in a way that cannot be granted: {error.get_error_description() or error.error}"
