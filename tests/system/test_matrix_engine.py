"""Every route and method of an engine for everybody, through the edge, against a statement of the rules of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.cast import EVERYBODY, INSIDERS, Cast, port
from tests.support.raw import Answer, ask

pytestmark = pytest.mark.system

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
VERSIONS = ("", "/v2", "/v3", "/v4")
SAYS_NO = {
    401: "A valid API key or access token is needed: Authorization: Bearer <token>.",
    403: "The role of this API key or member does not allow this request.",
    404: "The admin API has no such route.",
}
NOT_YOURS = "This API key or access token has no access to this environment."

# Routes that exist but stand in no document: the older spelling of PATCH, the web UI and what it calls.
UNDOCUMENTED = {
    "/": {"GET"},
    "/ui": {"GET"},
    "/ui/": {"GET"},
    "/ui/index.html": {"GET"},
    "/openapi": {"GET"},
    "/deployments/{deployment}": {"PUT"},
    "/internal/services/{service}/serdes/decode/{name}": {"POST"},
    "/internal/services/{service}/serdes/encode/{name}": {"POST"},
    **{
        f"/internal/invocations_batch_operations/{verb}": {"POST"}
        for verb in ("kill", "cancel", "purge", "purge-journal", "restart-as-new", "resume", "pause")
    },
}
SERVED_ONCE = {"/", "/ui", "/ui/", "/ui/index.html"}
# Nothing of these may be reached by anybody: they belong to the engine's cluster, or to no release that was read.
CLOSED = (
    "/metadata/x", "/metrics", "/debug/pprof/heap", "/restate.cluster_ctrl.ClusterCtrlSvc/GetClusterConfiguration",
    "/v1/deployments", "/v5/deployments", "/v2/v3/deployments", "/deployments/x/y", "/cluster", "/internal",
    "/services/x/state/y", "/invocations", "/DEPLOYMENTS", "/Health",
)  # fmt: skip

INGRESS = {
    "/restate/health": "GET", "/svc/handler": "POST", "/obj/key/handler": "POST", "/svc/handler/send": "POST",
    "/restate/call/svc/handler": "POST", "/restate/send/svc/handler": "POST", "/restate/scope/s/call/svc/h": "POST",
    "/restate/invocation/inv_1/attach": "GET", "/restate/invocation/inv_1/output": "GET",
    "/restate/attach/inv_1": "GET", "/restate/output/inv_1": "GET", "/restate/lookup": "POST",
    "/restate/workflow/w/k/attach": "GET", "/restate/workflow/w/k/output": "GET",
    "/restate/awakeables/prom_1x/resolve": "POST", "/restate/awakeables/prom_1x/reject": "POST",
    "/restate/a/prom_1x/resolve": "POST", "/restate/a/prom_1x/reject": "POST",
}  # fmt: skip


@cache
def admin_routes(cast: Cast) -> dict[str, frozenset[str]]:
    """Path template → methods: the engine's own document, asked through the edge, and `UNDOCUMENTED`."""
    document = json.loads(ask(port(cast.own.admin_url), "GET", "/openapi", cast.tokens["full key"]).body)
    routes = {
        path: {verb.upper() for verb in verbs if verb.upper() in METHODS} for path, verbs in document["paths"].items()
    }
    assert len(routes) > 25
    for path, verbs in UNDOCUMENTED.items():
        routes[path] = routes.get(path, set()) | verbs
    return {path: frozenset(verbs | {"HEAD"} if "GET" in verbs else verbs) for path, verbs in routes.items()}


def may_administer(name: str, method: str, path: str) -> bool:
    """The rule, said once more: who may use an existing admin route."""
    if name in ("full key", "admin key", "owner member", "admin member", "developer member"):
        return True
    reads = method in ("GET", "HEAD") or (method, path) == ("POST", "/query")
    return name == "viewer member" and reads


def may_call(name: str, method: str, path: str) -> bool:
    """The same for the ingress."""
    if name in ("full key", "ingress key", "owner member", "admin member", "developer member"):
        return True
    completes = path.startswith(("/restate/awakeables/", "/restate/a/")) and method == "POST"
    return name == "complete_awakeable key" and completes


def admin_requests(cast: Cast) -> Iterator[tuple[str, str, bool]]:
    """Method, path, and whether the engine has it."""
    for template, verbs in admin_routes(cast).items():
        for method in METHODS:
            for version in VERSIONS if method in verbs and template not in SERVED_ONCE else ("",):
                yield method, version + filled(template), method in verbs
    for path in CLOSED:
        for method in ("GET", "POST", "DELETE"):
            yield method, path, False


def filled(template: str) -> str:
    """With identifiers of nothing, so that what is allowed does no harm."""
    return "/".join("dp_nothing" if part.startswith("{") else part for part in template.split("/"))


def bare(path: str) -> str:
    return path.removeprefix(next(v for v in reversed(VERSIONS) if path.startswith(f"{v}/")))


def by_the_edge(answer: Answer, name: str, method: str) -> bool:
    """Whether the edge refused, in the words for that kind of principal."""
    if name not in INSIDERS and name not in ("anonymous", "garbage"):
        wanted = {403: NOT_YOURS}
    elif name in INSIDERS:
        wanted = {code: SAYS_NO[code] for code in (403, 404)}
    else:
        wanted = {401: SAYS_NO[401]}
    # TRACE is refused by nginx before anything else.
    if method == "TRACE":
        return answer.status == 405
    if method == "HEAD":
        lengths = {
            code: len(json.dumps({"message": text, "restate_code": None}, separators=(",", ":")))
            for code, text in wanted.items()
        }
        return lengths.get(answer.status) == int(answer.headers.get("content-length", -1))
    return answer.message == wanted.get(answer.status)


@pytest.mark.parametrize("name", EVERYBODY)
def test_admin(name: str, cast: Cast) -> None:
    wrong, reached = [], 0
    for method, path, exists in admin_requests(cast):
        answer = ask(port(cast.own.admin_url), method, path, cast.tokens[name])
        allowed = exists and may_administer(name, method, bare(path))
        reached += allowed
        if by_the_edge(answer, name, method) == allowed:
            wrong.append(f"{method} {path}: {answer}, should be {'allowed' if allowed else 'refused'}")
    assert wrong == []
    assert (reached > 0) == any(may_administer(name, verb, "/query") for verb in ("GET", "POST"))


@pytest.mark.parametrize("name", EVERYBODY)
def test_ingress(name: str, cast: Cast) -> None:
    wrong = []
    for path, usual in INGRESS.items():
        for method in {usual, "GET", "POST", "PUT", "DELETE"}:
            answer = ask(port(cast.own.ingress_url), method, path, cast.tokens[name])
            allowed = may_call(name, method, path)
            if by_the_edge(answer, name, method) == allowed:
                wrong.append(f"{method} {path}: {answer}, should be {'allowed' if allowed else 'refused'}")
    assert wrong == []


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_shared_ports_decide_as_the_environments_own(
    name: str, cast: Cast, shared: dict[str, int], host: str
) -> None:
    wrong = []
    for where, path, rule in (("admin", "/version", may_administer), ("ingress", "/restate/health", may_call)):
        answer = ask(shared[where], "GET", path, cast.tokens[name], host=host)
        if by_the_edge(answer, name, "GET") == rule(name, "GET", path):
            wrong.append(f"{where}: {answer}")
    assert wrong == []


@pytest.mark.parametrize("name", ["anonymous", "garbage", *INSIDERS])
def test_nobody_gets_anything_at_another_tenants_environment(name: str, cast: Cast) -> None:
    for url, path in ((cast.other.admin_url, "/deployments"), (cast.other.ingress_url, "/restate/health")):
        assert ask(port(url), "GET", path, cast.tokens[name]).status in (401, 403)
