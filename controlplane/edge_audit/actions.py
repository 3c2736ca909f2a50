"""What a call on an engine's admin port is called in the audit events: `engine.<noun>.<verb>`."""

import re

OTHER = "engine.call"
_VERSION = re.compile(r"^/v[234](?=/.)")
_ROUTES = (
    (r"POST /deployments", "engine.deployment.register"),
    (r"(?:PATCH|PUT) /deployments/[^/]+", "engine.deployment.update"),
    (r"DELETE /deployments/[^/]+", "engine.deployment.delete"),
    (r"PATCH /services/[^/]+", "engine.service.configure"),
    (r"POST /services/[^/]+/state", "engine.state.edit"),
    (r"POST /subscriptions", "engine.subscription.create"),
    (r"DELETE /subscriptions/[^/]+", "engine.subscription.delete"),
    (r"POST /kafka-clusters", "engine.kafka_cluster.create"),
    (r"PATCH /kafka-clusters/[^/]+", "engine.kafka_cluster.update"),
    (r"DELETE /kafka-clusters/[^/]+", "engine.kafka_cluster.delete"),
    (r"PUT /limits/rules", "engine.limit.set"),
    (r"POST /limits/rules/bulk-delete", "engine.limit.delete"),
    (r"DELETE /invocations/[^/]+", "engine.invocation.remove"),
    (
        r"PATCH /invocations/[^/]+/(cancel|kill|pause|purge|purge-journal|restart-as-new|resume)",
        "engine.invocation.{}",
    ),
    (r"POST /vqueues/[^/]+/(pause|resume)", "engine.vqueue.{}"),
    (
        r"POST /internal/invocations_batch_operations/(kill|cancel|purge|purge-journal|restart-as-new|resume|pause)",
        "engine.invocations.{}",
    ),
    (r"POST /query", "engine.query"),
)
_PATTERNS = tuple((re.compile(pattern), name) for pattern, name in _ROUTES)


def action_of(method: str, path: str) -> str:
    """`engine.call` for a route that this version of the plane does not know."""
    route = f"{method} {_VERSION.sub('', path)}"
    for pattern, name in _PATTERNS:
        if found := pattern.fullmatch(route):
            return name.format(*(verb.replace("-", "_") for verb in found.groups()))
    return OTHER
