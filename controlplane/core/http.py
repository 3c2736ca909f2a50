"""Every refusal leaves in one shape: a status and `{"code", "message", "details"?}`.

Nothing of a driver's, a parser's or a traceback's own text goes out.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from controlplane.core import validation
from controlplane.core.errors import ApplicationError, TooManyRequests

# SQLSTATE of lock_not_available, query_canceled, deadlock_detected, serialization_failure, and of a transaction that
# PostgreSQL ended because its thread was kept waiting.
_BUSY = {"55P03", "57014", "40P01", "40001", "25P03"}
_ROUTING = {
    404: ("not_found", "There is nothing at this address. The API is described at /api/docs."),
    405: ("method_not_allowed", "This address does not take this method. The API is described at /api/docs."),
}
_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
log = structlog.get_logger()


def error_response(
    status: int,
    code: str,
    message: str,
    details: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The body every error has."""
    content = {"code": code, "message": message} | ({"details": dict(details)} if details else {})
    return JSONResponse(content, status, dict(headers or {}))


def rendered(error: ApplicationError) -> JSONResponse:
    """A refusal as its response."""
    headers = dict(error.headers)
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after_seconds)
    return error_response(error.status, error.code, error.message, error.details, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Give `app` the handlers of every kind of error."""
    app.add_exception_handler(ApplicationError, _refusal)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, routing_error)
    app.add_exception_handler(PoolTimeout, _database)
    app.add_exception_handler(DBAPIError, _database)


def internal_error(request_id: str) -> JSONResponse:
    """What an unexpected exception becomes; the log has the rest under the same request id."""
    message = f"Something went wrong here, not in your request. If it stays, report request id {request_id}."
    return error_response(500, "internal_error", message)


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApplicationError)  # noqa: S101 - narrows the type Starlette declares
    return rendered(error)


async def _unreadable(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return unreadable(error)


def unreadable(error: RequestValidationError) -> JSONResponse:
    """What a request that is not as documented is told."""
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return error_response(400, "malformed_json", "The request body is not valid JSON.")
    named = validation.named(faults)
    return error_response(422, "invalid_request", validation.sentence(named), {"errors": named})


async def routing_error(request: Request, error: Exception) -> Response:
    """No such address, no such method, or (FastAPI's only other use) a body that no parser reads."""
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == 400:
        return error_response(400, "malformed_json", "The request body is not valid JSON.")
    code, message = _ROUTING.get(error.status_code, ("http_error", "The request was refused."))
    headers = {"allow": ", ".join(_allowed(request))} if error.status_code == 405 else error.headers
    return error_response(error.status_code, code, message, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Every method this address takes (RFC 9110 §10.2.1); the router knows those of one route only."""
    routes = request.app.router.routes
    scopes = ((method, {**request.scope, "method": method}) for method in _METHODS)
    taken = [method for method, scope in scopes if any(route.matches(scope)[0] is Match.FULL for route in routes)]
    return ["HEAD", *taken] if "GET" in taken else taken


async def _database(_: Request, error: Exception) -> Response:
    if isinstance(error, DataError):
        return error_response(422, "invalid_request", "A text in the request holds a character that cannot be stored.")
    if isinstance(error, IntegrityError):
        log.warning("integrity_error", exc_info=error)
        return error_response(409, "conflict", "Something you refer to changed at the same moment. Read it again.")
    sqlstate = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    log.error("database_error", sqlstate=sqlstate, exc_info=error)
    if sqlstate in _BUSY or isinstance(error, PoolTimeout):
        message = "The plane is busy with other changes of the same thing. Try again in a moment."
        return error_response(503, "busy", message, headers={"retry-after": "1"})
    if sqlstate is None or sqlstate[:2] in {"08", "53", "57"}:
        message = "The database does not answer. Environments go on working; changes wait. Try again in a moment."
        return error_response(503, "database_unavailable", message, headers={"retry-after": "2"})
    raise error
