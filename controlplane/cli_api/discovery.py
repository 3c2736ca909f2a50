"""`/.auth-config`: where the stock CLI 1.6 and 1.7 find out how to log in (docs/cli-login.md).

1.6 does what `provider` says; 1.7 reads `client_id` only and always does the device flow at api.workos.com.
"""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from controlplane.core.database import DbSession
from controlplane.settings import settings
from controlplane.sso_connections import repository

router = APIRouter(include_in_schema=False)
CLIENT_ID = "restate-cli"


@router.get("/.auth-config")
def get_auth_config(session: DbSession) -> JSONResponse:
    """Without credentials, as it is asked before there are any."""
    connections = repository.enabled_of_kind(session, "workos")
    if connections:
        return JSONResponse({"provider": "workos", "client_id": connections[0].client_id})
    origin = settings().console_url
    if origin.startswith("https://"):
        return JSONResponse({"provider": "cognito", "client_id": CLIENT_ID, "login_base_url": origin})
    # 1.6 redeems codes by https only. The device flow works where api.workos.com is this plane behind TLS.
    return JSONResponse({"provider": "workos", "client_id": CLIENT_ID})
