"""What programs call, at the origin's root: RFC 6749 §3.2, RFC 8628 §3.1, RFC 7009, RFC 8414, in their own shapes."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from controlplane.core import http
from controlplane.core.database import DbSession
from controlplane.core.errors import ApplicationError
from controlplane.oauth import metadata, service
from controlplane.oauth.forms import Form
from controlplane.oauth.requests import Answer

UserAgent = Annotated[str | None, Header(include_in_schema=False)]


class OAuthRoute(APIRoute):
    """Our own refusals in the shape of RFC 6749 §5.2 too: `error` and `error_description` beside ours."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handler = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handler(request)
            except ApplicationError as error:
                ours = http.rendered(error)
                body: dict[str, Any] = {"error": error.code, "error_description": error.message, "code": error.code}
                headers = {name: value for name, value in ours.headers.items() if name != "content-length"}
                return JSONResponse(body | {"message": error.message}, ours.status_code, headers)

        return handled


router = APIRouter(route_class=OAuthRoute, include_in_schema=False)


@router.get("/.well-known/oauth-authorization-server")
def get_metadata() -> JSONResponse:
    return JSONResponse(metadata.document())


@router.post("/oauth2/token")
def issue_token(form: Form, session: DbSession, user_agent: UserAgent = None) -> JSONResponse:
    return shown(service.token(session, form, user_agent))


@router.post("/oauth2/device_authorization")
def authorize_device(form: Form, session: DbSession, user_agent: UserAgent = None) -> JSONResponse:
    return shown(service.authorize_device(session, form, user_agent))


@router.post("/oauth2/revoke")
def revoke_token(form: Form, session: DbSession) -> JSONResponse:
    return shown(service.revoke(session, form))


def shown(answer: Answer) -> JSONResponse:
    """Never cached (RFC 6749 §5.1)."""
    headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
    return JSONResponse(answer.body, answer.status, headers | {"cache-control": "no-store", "pragma": "no-cache"})
