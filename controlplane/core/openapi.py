"""How refusals and credentials appear in the OpenAPI document."""

import re
from itertools import groupby
from typing import Any

from fastapi import FastAPI
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from controlplane.core.errors import ApplicationError
from controlplane.core.schema import Schema

Responses = dict[int | str, dict[str, Any]]
SECURITY = {
    "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "session": {"type": "apiKey", "in": "cookie", "name": "rc_session"},
}


class ErrorBody(Schema):
    """Every refusal, with the header `x-request-id` beside it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "not_found", "message": "There is no such …"}]})

    code: str = Field(description="snake_case name to switch on")
    message: str = Field(description="a sentence a person can act on")
    details: dict[str, Any] | None = None


EVERYWHERE: Responses = {
    400: {"model": ErrorBody, "description": "`malformed_json`: the body is not JSON"},
    413: {"model": ErrorBody, "description": "`payload_too_large`: the body is too long"},
    415: {"model": ErrorBody, "description": "`unsupported_media_type`: the body is not `application/json`"},
    422: {"model": ErrorBody, "description": "`invalid_request`: `details.errors` names each field and its fault"},
    500: {"model": ErrorBody, "description": "`internal_error`: our fault; report the request id"},
    503: {"model": ErrorBody, "description": "`database_unavailable`, `busy`: try again after `retry-after` seconds"},
}
_OF_BODIES = {"400", "413", "415"}
SIGNED_IN: Responses = EVERYWHERE | {
    401: {"model": ErrorBody, "description": "`unauthenticated`, `invalid_token`: sign in"},
    403: {"model": ErrorBody, "description": "`permission_denied`, `csrf_refused`: your role does not permit it"},
    404: {"model": ErrorBody, "description": "`not_found`: it does not exist, or you have no access to it"},
}


def refusals(*kinds: type[ApplicationError]) -> Responses:
    """The `responses` of an endpoint that refuses with these errors."""
    ordered = sorted(kinds, key=lambda kind: kind.status)
    return {
        status: {"model": ErrorBody, "description": _among_others(status, ", ".join(f"`{k.code}`" for k in group))}
        for status, group in groupby(ordered, key=lambda kind: kind.status)
    }


def _among_others(status: int, codes: str) -> str:
    """What every endpoint may answer with this status comes first: naming more must not hide it."""
    known = EVERYWHERE.get(status)
    return f"{known['description']}; also {codes}" if known else codes


def complete(app: FastAPI, open_paths: tuple[str, ...]) -> None:
    """Add credentials and summaries to the document; `open_paths` need no credential."""
    generate = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        result = generate()
        result.setdefault("components", {})["securitySchemes"] = SECURITY
        result["security"] = [{name: []} for name in SECURITY]
        for path, methods in result["paths"].items():
            for operation in methods.values():
                _describe(operation, is_open=path in open_paths)
        _leave_room_to_grow(result)
        result["paths"] = {_camel(path): methods for path, methods in result["paths"].items()}
        return result

    app.openapi = document  # type: ignore[method-assign]


def _leave_room_to_grow(document: dict[str, Any]) -> None:
    """Requests with fields we do not know are refused; clients must not do the same with our answers."""
    bodies = (
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in document["paths"].values()
        for operation in methods.values()
        if "requestBody" in operation
    )
    asked = set(bodies)
    for name, schema in document["components"]["schemas"].items():
        if name not in asked:
            schema.pop("additionalProperties", None)


def _camel(path: str) -> str:
    """`{account_id}` as `{accountId}`: names on the wire are camelCase."""
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{to_camel(found[1])}}}", path)


def _describe(operation: dict[str, Any], *, is_open: bool) -> None:
    operation["summary"] = _summary(operation["description"])
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["name"] = to_camel(parameter["name"])
            parameter["schema"].pop("title", None)
    unlikely = set() if "requestBody" in operation else _OF_BODIES
    possible = {status: answer for status, answer in operation["responses"].items() if status not in unlikely}
    for status, answer in possible.items():
        if status.startswith("2"):
            answer["description"] = "Done."
    if is_open:
        operation["security"] = []
    if any(parameter["name"] == "idempotency-key" for parameter in operation.get("parameters", [])):
        _mention_idempotency(possible)
    operation["responses"] = dict(sorted(possible.items()))


def _mention_idempotency(responses: dict[str, Any]) -> None:
    known = responses.setdefault("409", {"description": "", "content": responses["404"]["content"]})
    codes = (known["description"], "`idempotency_key_reused`", "`request_in_progress`")
    known["description"] = ", ".join(code for code in codes if code)


def _summary(description: str) -> str:
    """The first sentence, up to its first colon or semicolon if that leaves more than a word."""
    sentence = re.split(r"\.(?:\s|$)", description)[0]
    head = re.split(r"[:;]\s", sentence)[0]
    return head if " " in head else sentence
