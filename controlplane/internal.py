"""The internal API's application: for data-plane nodes, on a listener of its own that tenants cannot reach."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from controlplane.admission import endpoints as admission
from controlplane.core.http import install_error_handlers
from controlplane.core.middleware import RequestContext
from controlplane.edge_audit import endpoints as edge_audit
from controlplane.edge_feed import endpoints as edge_feed
from controlplane.edge_feed.listener import Listener
from controlplane.identity_keys import endpoints as identity_keys
from controlplane.provisioning import endpoints as provisioning
from controlplane.throttling import endpoints as throttling
from controlplane.tunnels import endpoints as tunnels
from controlplane.ui_sessions import endpoints as ui_sessions
from controlplane.usage import endpoints as usage


def create_internal_app() -> FastAPI:
    """docs/wire.md, served."""
    app = FastAPI(title="Internal API", lifespan=_listening, docs_url=None, redoc_url=None, openapi_url=None)
    install_error_handlers(app)
    app.add_middleware(RequestContext)
    app.include_router(provisioning.router)
    app.include_router(edge_feed.router)
    app.include_router(throttling.internal_router)
    app.include_router(tunnels.internal_router)
    app.include_router(usage.internal_router)
    app.include_router(identity_keys.internal_router)
    app.include_router(admission.router)
    app.include_router(ui_sessions.internal_router)
    app.include_router(edge_audit.router)
    return app


@asynccontextmanager
async def _listening(app: FastAPI) -> AsyncIterator[None]:
    app.state.listener = Listener(asyncio.get_running_loop())
    app.state.listener.start()
    yield
    app.state.listener.stop()
