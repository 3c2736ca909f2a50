"""docs/api-keys.md in other words than the edge's: what a restricted key may do. Also random keys and requests."""

from __future__ import annotations

import ipaddress
import random
import re
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.envrunner.edge.test_rules import expected_on_admin, expected_on_ingress

Restrictions = dict[str, Any]
Target = tuple[str, str | None, str]

SERVICES = ("Greeter", "Greeter2", "Counter", "Tenant7.Jobs", "Flow", "restate")
HANDLERS = ("greet", "add", "send", "run", "other")
KEYS = ("t-7-a", "t-8-a", "t%2D7-a", "t-7-%C3%A9", "t-7-%ff", "a%2Fb", "..", "t:7", "t%3A7", "*", "a%22b", "")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
FORMS = (
    "/{s}/{h}", "/{s}/{h}/send", "/{s}/{k}/{h}", "/{s}/{k}/{h}/send", "/{s}/{k}/send", "/restate/call/{s}/{h}",
    "/restate/call/{s}/{k}/{h}", "/restate/send/{s}/{h}", "/restate/send/{s}/{k}/{h}", "/restate/call/{s}/{h}/send",
    "/restate/workflow/{s}/{k}/attach", "/restate/workflow/{s}/{k}/output", "/restate/workflow/{s}/{k}/h",
    "/restate/invocation/{s}/{h}/i1/output", "/restate/invocation/{s}/{k}/{h}/i1/attach",
    "/restate/invocation/inv_1/output", "/restate/lookup", "/restate/attach", "/restate/output",
    "/restate/attach/inv_1", "/restate/output/inv_1",
    "/restate/health", "/restate/awakeables/prom_1/resolve", "/restate/a/prom_1/reject",
    "/restate/scope/x/call/{s}/{h}", "/restate/call/{s}",
    "/{s}", "//{s}/{h}", "/{s}/{h}/", "/{s}/{k}/{h}/x", "/RESTATE/call/{s}/{h}", "/restate/{s}/{h}",
    "/{s}/{k}/{h}/SEND", "/%47reeter/{h}", "/{s}/%67reet", "/v2/{s}/{h}", "/{s}/{h}?x=/Greeter/greet", "/openapi",
)  # fmt: skip
ADMIN_FORMS = (
    "/health", "/version", "/cluster-health", "/openapi", "/", "/ui/", "/services", "/services/{s}",
    "/services/{s}/handlers",
    "/services/{s}/handlers/{h}", "/services/{s}/openapi", "/services/{s}/state", "/deployments", "/deployments/dp_1",
    "/subscriptions", "/kafka-clusters/lab", "/invocations/inv_1/kill", "/invocations/inv_1", "/query", "/limits/rules",
    "/internal/services/{s}/serdes/encode/x", "/metrics", "/vqueues/q/pause",
    "/internal/invocations_batch_operations/kill",
)  # fmt: skip
LISTS = {
    "services": ("Greeter", "Counter", "Tenant*", "Greet*", "Flow", "restate"),
    "handlers": ("Greeter/greet", "Greeter2/send", "Counter/*/add", "Counter/*/send", "Flow/*/run", "Tenant7.Jobs/run"),
    "objectKeys": ("t-7-*", "t:7", "a/b", "..", "a", "b"),
    "methods": METHODS,
    "networks": ("127.0.0.0/8", "127.0.0.1/32", "126.0.0.0/7", "128.0.0.0/1", "::/0", "0.0.0.0/0", "10.0.0.0/9"),
}


def random_restrictions(chance: random.Random) -> Restrictions:
    names = chance.sample(sorted(LISTS), chance.choice((0, 1, 1, 1, 2, 2, 3)))
    made: Restrictions = {name: chance.sample(LISTS[name], chance.randint(1, 3)) for name in names}
    if chance.random() < 0.15 or not made:
        made["readOnly"] = True
    if chance.random() < 0.1:
        made["requestsPerSecond"] = 1_000_000
    return made


def random_request(chance: random.Random, side: str) -> tuple[str, str]:
    form = chance.choice(FORMS if side == "ingress" else ADMIN_FORMS)
    path = form.format(s=chance.choice(SERVICES), h=chance.choice(HANDLERS), k=chance.choice(KEYS))
    version = chance.choice(("", "", "/v2", "/v4")) if side == "admin" and path not in ("/", "/ui/") else ""
    return chance.choice(METHODS if side == "admin" else ("POST", "POST", "POST", *METHODS)), version + path


def expected(role: str, restrictions: Restrictions, side: str, method: str, target: str, address: str) -> int:
    """The status it must have."""
    path = target.partition("?")[0]
    bare = re.sub(r"^/v[234]", "", path)
    role_says = expected_on_ingress(role, method, path) if side == "ingress" else _admin(role, method, bare)
    if role_says != 200:
        return role_says
    allowed = (
        ("methods" not in restrictions or method in restrictions["methods"])
        and _near(restrictions, address)
        and ("readOnly" not in restrictions or _reads(side, method, bare if side == "admin" else path))
        and (_calls(restrictions, path) if side == "ingress" else _administers(restrictions, bare))
    )
    return 200 if allowed else 403


def _admin(role: str, method: str, path: str) -> int:
    names = {"Some.Service-1_x": r"(?<=/services/)[^/]+", "inv_1~2": r"(?<=/handlers/)[^/]+|(?<=code/)x"}
    for name, pattern in names.items():
        path = re.sub(pattern, name, path)
    for place in ("deployments", "kafka-clusters", "invocations", "vqueues"):
        path = re.sub(rf"(?<=^/{place}/)[^/]+", "Some.Service-1_x", path)
    return expected_on_admin(role, method, path)


def _near(restrictions: Restrictions, address: str) -> bool:
    caller = ipaddress.ip_address(address)
    networks = [ipaddress.ip_network(one) for one in restrictions.get("networks", [])]
    return not networks or any(caller in one for one in networks if one.version == caller.version)


def _reads(side: str, method: str, path: str) -> bool:
    if side == "admin":
        return expected_on_admin("member:viewer", method, _generic(path)) == 200
    parts = path.split("/")[1:]
    if parts[0] != "restate":
        return False
    if method == "POST":
        return parts[1:] in (["lookup"], ["attach"], ["output"])
    results = parts[-1] in ("attach", "output") and all(parts)
    return method == "GET" and (
        parts[1:] == ["health"]
        or (len(parts) == 3 and parts[1] in ("attach", "output"))
        or (results and parts[1] == "invocation" and 4 <= len(parts) <= 7)
        or (results and parts[1] == "workflow" and len(parts) == 5)
    )


def _generic(path: str) -> str:
    path = re.sub(r"(?<=/handlers/)[^/]+", "inv_1~2", re.sub(r"(?<=/services/)[^/]+", "Some.Service-1_x", path))
    return re.sub(r"(?<=^/deployments/)[^/]+|(?<=^/kafka-clusters/)[^/]+", "Some.Service-1_x", path)


def _calls(restrictions: Restrictions, path: str) -> bool:
    if not restrictions.keys() & {"services", "handlers", "objectKeys"}:
        return True
    meant = _meanings(path)
    if "handlers" in restrictions:
        meant = [
            (s, k, h)
            for s, k, h in meant
            if f"{s}/{h}" * (k is None) + f"{s}/*/{h}" * (k is not None) in restrictions["handlers"]
        ]
    return bool(meant) and all(
        _listed(restrictions.get("services"), service) and _listed(restrictions.get("objectKeys"), _decoded(key))
        for service, key, _ in meant
    )


def _meanings(path: str) -> list[Target]:
    name, key = r"([A-Za-z0-9_.-]+)", r"([^/]+)"
    table: list[tuple[str, list[tuple[int, int | None, int | str]]]] = [
        (rf"/{name}/{name}", [(1, None, 2)]),
        (rf"/{name}/{key}/send", [(1, None, 2), (1, 2, "send")]),
        (rf"/{name}/{key}/(?!send$){name}", [(1, 2, 3)]),
        (rf"/{name}/{key}/{name}/send", [(1, 2, 3)]),
        (rf"/restate/(?:call|send)/{name}/{name}", [(1, None, 2)]),
        (rf"/restate/(?:call|send)/{name}/{key}/{name}", [(1, 2, 3)]),
        (rf"/restate/workflow/{name}/{key}/(?:attach|output)", [(1, 2, "run")]),
        (rf"/restate/invocation/{name}/{name}/[^/]+/(?:attach|output)", [(1, None, 2)]),
        (rf"/restate/invocation/{name}/{key}/{name}/[^/]+/(?:attach|output)", [(1, 2, 3)]),
    ]
    rows = table[4:] if path.startswith("/restate/") else table[:4]
    for pattern, meanings in rows:
        if found := re.fullmatch(pattern, path):
            targets = [
                (found[s], found[k] if k else None, found[h] if isinstance(h, int) else h) for s, k, h in meanings
            ]
            return targets if all(re.fullmatch(name, handler) for _, _, handler in targets) else []
    return []


def _decoded(key: str | None) -> str | None:
    try:
        return None if key is None else unquote_to_bytes(key).decode()
    except UnicodeDecodeError:
        return None


def _listed(patterns: list[str] | None, name: str | None) -> bool:
    if patterns is None:
        return True
    if name is None:
        return False
    return any(name.startswith(one[:-1]) if one.endswith("*") else name == one for one in patterns)


def _administers(restrictions: Restrictions, path: str) -> bool:
    named = restrictions.keys() & {"services", "handlers", "objectKeys"}
    if not named or path in ("/health", "/version", "/cluster-health", "/openapi", "/", "/ui/"):
        return True
    found = re.match(r"/(internal/)?services/([^/]+)", path)
    if found is None or "objectKeys" in named or not _listed(restrictions.get("services"), found[2]):
        return False
    if "handlers" not in named:
        return True
    handler = re.fullmatch(r"/services/[^/]+/handlers/([^/]+)", path)
    return handler is not None and any(
        one.split("/")[0] == found[2] and one.split("/")[-1] == handler[1] for one in restrictions["handlers"]
    )
