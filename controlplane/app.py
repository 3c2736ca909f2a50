"""The public application: everything users, programs and the stock CLI talk to."""

from fastapi import APIRouter, Depends, FastAPI

from controlplane.accounts import endpoints as accounts
from controlplane.api_keys import endpoints as api_keys
from controlplane.audit import endpoints as audit
from controlplane.aws import endpoints as aws
from controlplane.cli_api import discovery as cli_discovery
from controlplane.cli_api import endpoints as cli_api
from controlplane.cli_api import keys as cli_keys
from controlplane.closing import endpoints as closing
from controlplane.console import endpoints as console
from controlplane.core import openapi
from controlplane.core.bodies import BodyRules
from controlplane.core.head import HeadAsGet
from controlplane.core.http import install_error_handlers
from controlplane.core.middleware import RequestContext
from controlplane.domains import endpoints as domains
from controlplane.environments import endpoints as environments
from controlplane.environments import limit_endpoints as limits
from controlplane.environments import operator_endpoints as all_environments
from controlplane.environments import pausing_endpoints as pausing
from controlplane.environments import version_endpoints as versions
from controlplane.health import endpoints as health
from controlplane.identity_keys import endpoints as identity_keys
from controlplane.invitations import endpoints as invitations
from controlplane.login import endpoints as login
from controlplane.login import factor_endpoints as login_factors
from controlplane.login import password_endpoints as passwords
from controlplane.login import session_endpoints as sessions
from controlplane.login.resolve import acceptors, resolve_principal
from controlplane.logs import endpoints as logs
from controlplane.logs.followers import Followers
from controlplane.mail import endpoints as mail
from controlplane.members import endpoints as members
from controlplane.oauth import endpoints as oauth
from controlplane.oauth import protocol as oauth_protocol
from controlplane.oauth import workos as oauth_workos
from controlplane.operations import endpoints as operations
from controlplane.outbound_policy import endpoints as outbound_policy
from controlplane.pages import endpoints as pages
from controlplane.preflight import endpoints as preflight
from controlplane.runners import endpoints as runners
from controlplane.second_factors import endpoints as second_factors
from controlplane.settings import settings
from controlplane.sso import bearer
from controlplane.sso import endpoints as sso
from controlplane.sso_connections import endpoints as sso_connections
from controlplane.throttling import endpoints as throttling
from controlplane.tunnels import endpoints as tunnels
from controlplane.ui_sessions import endpoints as ui_sessions
from controlplane.usage import endpoints as usage
from controlplane.workload_identity import endpoints as workload_identity

API = "/api/v1"
SIGNED_IN: tuple[APIRouter, ...] = (
    login.router,
    passwords.router,
    sessions.router,
    second_factors.router,
    mail.router,
    accounts.router,
    members.router,
    invitations.router,
    closing.router,
    domains.router,
    sso.router,
    sso_connections.router,
    sso_connections.operators_router,
    environments.router,
    limits.router,
    pausing.router,
    versions.router,
    all_environments.router,
    runners.regions_router,
    runners.router,
    operations.router,
    ui_sessions.router,
    api_keys.router,
    workload_identity.router,
    aws.router,
    outbound_policy.router,
    preflight.router,
    identity_keys.router,
    throttling.router,
    tunnels.router,
    logs.router,
    usage.router,
    audit.router,
    oauth.router,
)
CLI = (cli_api.router, cli_keys.router)
OPEN_PATHS = (
    f"{API}/auth/signup",
    f"{API}/auth/verify-email",
    f"{API}/auth/verify-email/resend",
    f"{API}/auth/login",
    f"{API}/auth/password/forgot",
    f"{API}/auth/password/reset",
    f"{API}/auth/second-factor",
    f"{API}/auth/second-factor/options",
    f"{API}/auth/passkeys/login",
    f"{API}/auth/passkeys/login/options",
    f"{API}/auth/providers",
    "/healthz",
    "/readyz",
    "/metrics",
)
DESCRIPTION = (
    "Accounts, isolated Restate environments and their API keys. Bodies are JSON in camelCase. "
    "Sign in with `POST /api/v1/auth/login` and send `Authorization: Bearer <accessToken>`."
)


def create_app() -> FastAPI:
    """The ASGI application of the public port."""
    app = FastAPI(
        title="Self-hosted Restate Cloud",
        version="1",
        description=DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.followers = Followers()
    # Answers that last ask again who their caller is.
    app.state.identify = resolve_principal
    acceptors[:] = [bearer.accept]
    app.include_router(login.public_router, prefix=API, responses=openapi.EVERYWHERE)
    app.include_router(passwords.public_router, prefix=API, responses=openapi.EVERYWHERE)
    app.include_router(login_factors.public_router, prefix=API, responses=openapi.EVERYWHERE)
    for public in (sso.public_router, sso_connections.public_router):
        app.include_router(public, prefix=API, responses=openapi.EVERYWHERE)
    for router in SIGNED_IN:
        _include_signed_in(app, router, API)
    for router in CLI:
        _include_signed_in(app, router)
    for router in (oauth_protocol.router, oauth_workos.router, cli_discovery.router):
        app.include_router(router)
    app.include_router(health.router)
    app.include_router(console.router)
    app.include_router(pages.router)
    pages.install(app)
    openapi.complete(app, OPEN_PATHS)
    install_error_handlers(app)
    app.add_middleware(BodyRules, limit=lambda: settings().request_body_limit_bytes)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestContext)
    return app


def _include_signed_in(app: FastAPI, router: APIRouter, prefix: str = "") -> None:
    resolved = [Depends(resolve_principal)]
    app.include_router(router, prefix=prefix, dependencies=resolved, responses=openapi.SIGNED_IN)
