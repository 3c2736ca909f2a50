"""The device flow in the shapes of WorkOS, for a stock CLI whose api.workos.com is this plane (docs/cli-login.md).

The CLI ignores the status of the second answer: `access_token` or `error` decides.
"""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from controlplane.core.database import DbSession
from controlplane.oauth import service
from controlplane.oauth.forms import Form
from controlplane.oauth.protocol import OAuthRoute, UserAgent, shown

router = APIRouter(prefix="/user_management", route_class=OAuthRoute, include_in_schema=False)


@router.post("/authorize/device")
def authorize_device(form: Form, session: DbSession, user_agent: UserAgent = None) -> JSONResponse:
    return shown(service.authorize_device(session, form, user_agent))


@router.post("/authenticate")
def authenticate(form: Form, session: DbSession, user_agent: UserAgent = None) -> JSONResponse:
    return shown(service.token(session, form, user_agent))
