"""Who may do what at an environment's own addresses, said apart from the edge's own rules, and for every principal.

What a route does is stated here for each, whatever its method: a route that nobody has judged fails the tests.
"""

from __future__ import annotations

import re

from tests.support.crowd import BROWSERS, ENDED, HANDLER, RESTRICTED, SERVICE

LOOKS, PREPARES, CHANGES = "looks", "prepares", "changes"
# The engine's own document, and after it what stands in no document: the older spelling of PATCH, the web interface
# and what that calls.
ADMIN = {
    "GET /health": LOOKS,
    "GET /version": LOOKS,
    "GET /cluster-health": LOOKS,
    "GET /deployments": LOOKS,
    "POST /deployments": CHANGES,
    "GET /deployments/{deployment}": LOOKS,
    "PATCH /deployments/{deployment}": CHANGES,
    "DELETE /deployments/{deployment}": CHANGES,
    "GET /services": LOOKS,
    "GET /services/{service}": LOOKS,
    "PATCH /services/{service}": CHANGES,
    "GET /services/{service}/handlers": LOOKS,
    "GET /services/{service}/handlers/{handler}": LOOKS,
    "GET /services/{service}/openapi": LOOKS,
    "POST /services/{service}/state": CHANGES,
    "GET /subscriptions": LOOKS,
    "POST /subscriptions": CHANGES,
    "GET /subscriptions/{subscription}": LOOKS,
    "DELETE /subscriptions/{subscription}": CHANGES,
    "GET /kafka-clusters": LOOKS,
    "POST /kafka-clusters": CHANGES,
    "GET /kafka-clusters/{cluster_name}": LOOKS,
    "PATCH /kafka-clusters/{cluster_name}": CHANGES,
    "DELETE /kafka-clusters/{cluster_name}": CHANGES,
    "PUT /limits/rules": CHANGES,
    "POST /limits/rules/bulk-delete": CHANGES,
    "DELETE /invocations/{invocation_id}": CHANGES,
    **{
        f"PATCH /invocations/{{invocation_id}}/{verb}": CHANGES
        for verb in ("cancel", "kill", "pause", "purge", "purge-journal", "restart-as-new", "resume")
    },
    "POST /vqueues/{vqueue_id}/pause": CHANGES,
    "POST /vqueues/{vqueue_id}/resume": CHANGES,
    "POST /query": LOOKS,
}
UNDOCUMENTED = {
    "GET /": LOOKS,
    "GET /ui": LOOKS,
    "GET /ui/": LOOKS,
    "GET /ui/index.html": LOOKS,
    "GET /openapi": LOOKS,
    "PUT /deployments/{deployment}": CHANGES,
    "POST /internal/services/{service}/serdes/decode/{name}": LOOKS,
    "POST /internal/services/{service}/serdes/encode/{name}": PREPARES,
    **{
        f"POST /internal/invocations_batch_operations/{verb}": CHANGES
        for verb in ("kill", "cancel", "purge", "purge-journal", "restart-as-new", "resume", "pause")
    },
}
ALL = ADMIN | UNDOCUMENTED
# They tell of no service, and nobody who may look at all is kept from them.
_OF_NO_SERVICE = {"/", "/ui", "/ui/", "/ui/index.html", "/health", "/version", "/cluster-health", "/openapi"}

UNKNOWN = "A valid API key or access token is needed: Authorization: Bearer <token>."
NOT_YOURS = "This API key or access token has no access to this environment."
NOT_YOUR_ROLE = "The role of this API key or member does not allow this request."
NO_ROUTE = "The admin API has no such route."
NO_SESSION = "Nobody is signed in to this engine UI, or not any more. Open it from the console again."
READ_ONLY = "This environment is read-only: nobody may change it through its admin API."
KEY_READS = "This API key is read-only, and this request may change something."
KEY_LACKS = "This API key is restricted to certain "
REFUSALS = {
    401: (UNKNOWN, NO_SESSION, "The API key has expired.", "The access token has expired."),
    403: (NOT_YOURS, NOT_YOUR_ROLE, READ_ONLY, KEY_READS, KEY_LACKS),
    404: (NO_ROUTE,),
}


def effect(method: str, template: str) -> str | None:
    """Of an admin route; null when the engine has none such. HEAD goes wherever GET goes."""
    return ALL.get(f"{'GET' if method == 'HEAD' else method} {template}")


def on_admin(name: str, method: str, template: str, *, frozen: bool = False) -> str | None:
    """How a principal's request is refused; null when it reaches the engine. ``frozen``: in a read-only environment."""
    rights, found = _standing(name), effect(method, template)
    if rights in (UNKNOWN, NOT_YOURS):
        return rights
    role = _role(name)
    if role in ("ingress", "complete_awakeable"):
        return NOT_YOUR_ROLE
    if found is None:
        return NO_ROUTE
    if role == "viewer" and found != LOOKS:
        return NOT_YOUR_ROLE
    return _restricted(name, method, template, found) or (READ_ONLY if frozen and found == CHANGES else None)


def on_ingress(name: str, method: str, path: str) -> str | None:
    """The same at the address of calls, which a read-only environment does not close, and where cookies are none."""
    if name in BROWSERS:
        return UNKNOWN
    if (rights := _standing(name)) in (UNKNOWN, NOT_YOURS):
        return rights
    role = _role(name)
    if role in ("admin key", "viewer"):
        return NOT_YOUR_ROLE
    if role == "complete_awakeable":
        completes = method == "POST" and path.startswith(("/restate/awakeables/", "/restate/a/"))
        return None if completes else NOT_YOUR_ROLE
    restrictions = RESTRICTED.get(name, ("", {}))[1]
    if "networks" in restrictions or method not in restrictions.get("methods", [method]):
        return KEY_LACKS
    if restrictions.get("readOnly"):
        return None if _gives_results(method, path) else KEY_READS
    named = restrictions.keys() & {"services", "handlers", "objectKeys"}
    return KEY_LACKS if named and not re.fullmatch(r"/greeter/mine-1/greet(/send)?", path) else None


def _standing(name: str) -> str | None:
    if name in ENDED or name in ("anonymous", "garbage"):
        return UNKNOWN
    return NOT_YOURS if name.startswith("other ") else None


def _role(name: str) -> str:
    """`admin key` stands for the role of that name that may not call services; members of it may."""
    role, _, kind = name.partition(" ")
    role = RESTRICTED[name][0] if name in RESTRICTED else role
    return "admin key" if role == "admin" and kind not in ("member", "program", "browser") else role


def _restricted(name: str, method: str, template: str, found: str) -> str | None:
    restrictions = RESTRICTED.get(name, ("", {}))[1]
    if "networks" in restrictions or method not in restrictions.get("methods", [method]):
        return KEY_LACKS
    if restrictions.get("readOnly"):
        return None if found == LOOKS else KEY_READS
    of_service = "/services/{service}" in template and "services" in restrictions
    of_handler = template == "/services/{service}/handlers/{handler}" and "handlers" in restrictions
    named = restrictions.keys() & {"services", "handlers", "objectKeys"}
    return KEY_LACKS if named and not (template in _OF_NO_SERVICE or of_service or of_handler) else None


def _gives_results(method: str, path: str) -> bool:
    if method == "POST":
        return path in ("/restate/lookup", "/restate/attach", "/restate/output")
    results = re.fullmatch(r"/restate/((invocation|workflow)/.+/(attach|output)|(attach|output)/.+|health)", path)
    return method == "GET" and results is not None


def filled(template: str) -> str:
    """A path with identifiers of nothing, so that what is allowed does no harm."""
    known = {"{service}": SERVICE, "{handler}": HANDLER}
    return re.sub(r"\{\w+\}", lambda found: known.get(found[0], "dp_nothing"), template)
