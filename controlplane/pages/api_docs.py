"""An OpenAPI 3.1 document as one plain HTML page."""

import json
import re
from html import escape
from itertools import groupby
from typing import Any

from controlplane.pages import assets

Json = dict[str, Any]
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title><link rel="icon" type="image/svg+xml" href="{icon}">
<link rel="stylesheet" href="{style}"></head><body class="docs-page"><header class="top"><div class="inner">
<a class="home" href="/"><img src="{icon}" alt="" width="24" height="24">Restate Cloud</a></div></header>
<main class="wide">
<h1>{title} API</h1><p class="lead">{description}</p>
<ul class="links"><li><a class="button quiet" href="/api/v1/openapi.json">OpenAPI document</a></li>
<li><a class="button quiet" href="/">First steps</a></li></ul>
<p>Every refusal is <code>{{"code", "message", "details"?}}</code> with a header <code>x-request-id</code>.
Lists are pages: <code>?after=…&amp;limit=…</code> gives <code>{{"items", "next"}}</code>.
Creating calls take the header <code>Idempotency-Key</code>.</p>
"""


def render(document: Json) -> str:
    """The whole page."""
    head = _HEAD.format(
        title=_text(document["info"]["title"]),
        description=_text(document["info"]["description"]),
        icon=assets.url("mark.svg"),
        style=assets.url("style.css"),
    )
    operations = [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    # As they come first: what belongs together stands together, wherever it is served.
    tags = list(dict.fromkeys(map(_tag, operations)))
    body = "".join(
        f"<h2>{_text(tag)}</h2>" + "".join(_operation(document, *operation) for operation in group)
        for tag, group in groupby(sorted(operations, key=lambda one: tags.index(_tag(one))), key=_tag)
    )
    shapes = "".join(_shape(document, name, schema) for name, schema in document["components"]["schemas"].items())
    return f"{head}{body}<h2>Shapes</h2>{shapes}</main></body></html>"


def _tag(operation: tuple[str, str, Json]) -> str:
    return str(operation[2].get("tags", ["other"])[0])


def _shape(document: Json, name: str, schema: Json) -> str:
    said = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
    words = f"<p>{_type(document, schema)}</p>" if "enum" in schema else ""
    inside = said + words + _fields(document, "Fields", schema)
    return (
        f'<details id="{_text(name)}"><summary><code>{_text(name)}</code></summary>'
        f'<div class="inside">{inside}</div></details>'
    )


def _operation(document: Json, method: str, path: str, operation: Json) -> str:
    inside = "".join(
        (
            f"<p>{_text(operation.get('description', ''))}</p>",
            _parameters(operation.get("parameters", [])),
            _body(document, operation),
            _responses(document, operation["responses"]),
        )
    )
    return (
        f'<details id="{_text(operation["operationId"])}"><summary>'
        f'<span class="method {method}">{method.upper()}</span>'
        f'<code>{_text(path)}</code><span class="said">{_text(operation.get("summary", ""))}</span></summary>'
        f'<div class="inside">{inside}</div></details>'
    )


def _parameters(parameters: list[Json]) -> str:
    rows = [
        (p["name"], p["in"] + (", required" if p.get("required") else ""), p.get("description", ""))
        for p in parameters
        if p["in"] != "cookie"
    ]
    return _table("Parameters", rows)


def _body(document: Json, operation: Json) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    schema = _resolved(document, content["schema"])
    examples = schema.get("examples", [])
    example = f"<pre>{_text(json.dumps(examples[0], indent=2))}</pre>" if examples else ""
    return _fields(document, "Body", schema) + example


def _responses(document: Json, responses: Json) -> str:
    rows = [(status, "", response["description"]) for status, response in responses.items()]
    good: Json = next((r for status, r in responses.items() if status.startswith("2")), {})
    content = good.get("content", {}).get("application/json")
    fields = _fields(document, "Answer", _resolved(document, content["schema"])) if content else ""
    return fields + _table("Statuses", rows)


def _fields(document: Json, title: str, schema: Json) -> str:
    required = schema.get("required", [])
    rows = [
        (
            name,
            _type(document, part) + (", required" if name in required and title == "Body" else ""),
            part.get("description", ""),
        )
        for name, part in schema.get("properties", {}).items()
    ]
    return _table(title, rows)


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    """Rows of a name and a description in plain text, and between them a kind that is HTML already."""
    if not rows:
        return ""
    lines = "".join(
        f"<tr><td><code>{_text(name)}</code></td><td>{kind}</td><td>{_text(said)}</td></tr>"
        for name, kind, said in rows
    )
    return f"<h3>{title}</h3><table><tbody>{lines}</tbody></table>"


def _type(document: Json, schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(document, part) for part in schema["anyOf"])
    if "$ref" in schema:
        name = _text(str(schema["$ref"]).rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "enum" in schema:
        return _text(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return f"list of {_type(document, schema.get('items', {}))}"
    return _text(schema.get("format") or schema.get("type", "any"))


def _resolved(document: Json, schema: Json) -> Json:
    if "$ref" not in schema:
        return schema
    name = str(schema["$ref"]).rpartition("/")[2]
    found: Json = document["components"]["schemas"][name]
    return found


def _text(value: object) -> str:
    """Escaped, with `code` between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(str(value)))
