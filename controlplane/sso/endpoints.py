"""The two addresses a browser visits (they redirect and never show anything), and the list of one's identities.

No transaction is open while a provider is asked, and no place among the database's requests is taken.
"""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header, Request, Response, status

from controlplane.auth import Caller, RecentPerson, is_recent
from controlplane.core.database import DbSession, transaction
from controlplane.core.errors import ApplicationError, Busy, TooManyRequests
from controlplane.core.openapi import refusals
from controlplane.core.outbound import place
from controlplane.login import cookies, handing, resolve
from controlplane.login.errors import SecondFactorRequired
from controlplane.login.sessions import SignedIn
from controlplane.sso import attempts, browser, providers, repository, service
from controlplane.sso.errors import LastWayIn, SsoRefused, UnsafeLink
from controlplane.sso.schemas import Identities, IdentityView
from controlplane.sso.service import Returned
from controlplane.sso_connections import discovery
from controlplane.sso_connections import service as connections
from controlplane.sso_connections.errors import ProviderUnusable
from controlplane.users.models import User

public_router = APIRouter(prefix="/auth/sso", tags=["sso"])
router = APIRouter(prefix="/auth/identities", tags=["sso"])
UserAgent = Annotated[str | None, Header(include_in_schema=False)]
SETTINGS = "/account/security"
log = structlog.get_logger()


@public_router.get("/{provider}", include_in_schema=False)
def start(provider: str, request: Request, next: str | None = None, link: bool = False) -> Response:  # noqa: A002
    """Send the browser to the provider; `next` is a path of ours to come back to, `link` adds an identity."""
    elsewhere = browser.own_address(request)
    if elsewhere is not None:
        return browser.go_away(elsewhere)
    if link and request.headers.get("sec-fetch-site") != "same-origin":
        # Else a page elsewhere could log a visitor in at the provider as somebody else, and have that added here.
        raise UnsafeLink
    secret = attempts.browser_secret(request.cookies.get(browser.COOKIE))
    try:
        _refresh(provider)
        answer = browser.go_away(_begun(provider, request, secret, browser.destination(next), link))
    except SsoRefused as refusal:
        return _refused(provider, refusal, next)
    browser.remember(answer, secret)
    return answer


@public_router.get("/{provider}/callback", include_in_schema=False)
def come_back(
    provider: str,
    request: Request,
    state: str | None = None,
    code: str | None = None,
    iss: str | None = None,
    error: str | None = None,
    user_agent: UserAgent = None,
) -> Response:
    """Take the provider's answer, once, of the browser that asked for it."""
    returned = None
    try:
        with transaction() as session:
            returned = service.come_back(session, provider, state, request.cookies.get(browser.COOKIE))
        return _finished(provider, request, returned, (code, iss, error), user_agent)
    except TooManyRequests as refusal:
        return _refused(provider, SsoRefused("sso_busy", refusal.message), None)
    except SsoRefused as refusal:
        if returned is not None:
            with transaction() as session:
                service.note_failure(session, provider, returned, refusal)
        return _refused(provider, refusal, returned.destination if returned else None)


@router.get("", operation_id="listIdentities")
def list_identities(session: DbSession, caller: Caller) -> Identities:
    """The identities at providers with which you sign in."""
    items = [
        IdentityView(
            identity_id=identity.identity_id,
            provider=connection.provider,
            kind=connection.kind,
            name=connection.name,
            email=identity.email,
            created_at=identity.created_at,
            last_used_at=identity.last_used_at,
        )
        for identity, connection in repository.identities_of(session, caller.user_id)
    ]
    return Identities(items=items)


@router.delete(
    "/{identity_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="deleteIdentity",
    responses=refusals(LastWayIn),
)  # fmt: skip
def delete_identity(identity_id: str, session: DbSession, person: RecentPerson) -> None:
    """Remove an identity: it signs you in no longer. Needs a recent sign-in; the last way in stays."""
    service.unlink(session, person, identity_id)


def _refresh(provider: str) -> None:
    """Endpoints move, rarely. A provider that cannot be asked keeps those it had."""
    with transaction() as session:
        found = service.connection(session, provider)
        asked = connections.provider_of(found) if service.is_stale(found) else None
    if asked is None:
        return
    endpoints: dict[str, Any] | None
    try:
        with place("discoveries of tenants" if asked.tenants else "discoveries"):
            endpoints = discovery.discover(asked)
    except (ProviderUnusable, Busy) as error:
        log.warning("provider_not_refreshed", provider=provider, reason=error.message)
        endpoints = None
    with transaction() as session:
        found = service.connection(session, provider)
        if endpoints is None:
            service.postpone(found)
        else:
            service.refresh(found, endpoints)


def _begun(provider: str, request: Request, secret: str, destination: str, link: bool) -> str:
    with transaction() as session:
        linker = _recent_user(session, request) if link else None
        if link and linker is None:
            raise SsoRefused("sso_link_lost")
        found = service.connection(session, provider)
        linker_id = linker.user_id if linker else None
        peer, proofs = service.begin(session, found, secret, destination, linker_id)
    return providers.authorization_url(peer, proofs)


def _finished(
    provider: str,
    request: Request,
    returned: Returned,
    answer: tuple[str | None, str | None, str | None],
    user_agent: str | None,
) -> Response:
    try:
        profile = service.profile_of(returned, *answer)
    except Busy as error:
        raise SsoRefused("sso_busy") from error
    response: Response = browser.go_home(returned.destination)
    with transaction() as session:
        if returned.link_user_id is not None:
            service.link(session, provider, returned, profile, _user(session, request))
        else:
            outcome = service.sign_in(session, provider, returned.connection_id, profile, user_agent)
            if isinstance(outcome, SignedIn):
                handing.start(session, request, response, outcome)
            else:
                response = _asked_for_more(outcome, returned.destination)
    browser.forget(response)
    return response


def _asked_for_more(outcome: ApplicationError, destination: str) -> Response:
    if not isinstance(outcome, SecondFactorRequired):
        raise SsoRefused("sso_not_permitted", outcome.code)
    methods = (outcome.details or {}).get("methods", [])
    return browser.to_login(challenge=outcome.challenge, methods=",".join(methods), next=destination)


def _refused(provider: str, refusal: SsoRefused, destination: str | None) -> Response:
    log.info("sso_refused", provider=provider, code=refusal.code, reason=str(refusal))
    return browser.to_login(error=refusal.code, next=browser.destination(destination))


def _user(session: DbSession, request: Request) -> User | None:
    cookie = request.cookies.get(cookies.NAME)
    found = resolve.by_cookie(session, cookie) if cookie else None
    return found.user if found else None


def _recent_user(session: DbSession, request: Request) -> User | None:
    cookie = request.cookies.get(cookies.NAME)
    found = resolve.by_cookie(session, cookie) if cookie else None
    return found.user if found and is_recent(resolve.principal_of(session, found)) else None
