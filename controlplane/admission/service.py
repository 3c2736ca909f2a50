"""One judgement for every call that gives an engine an address. Nothing of a body is stored or logged."""

import re

from controlplane.admission import deployments, kafka, repository
from controlplane.admission.bodies import Refused
from controlplane.admission.places import Places
from controlplane.admission.schemas import Bound, Verdict
from controlplane.core.database import transaction
from controlplane.core.errors import NotFound
from controlplane.core.outbound import place
from controlplane.environments import addresses
from controlplane.outbound_policy import service as outbound_policy
from controlplane.preflight import targets
from controlplane.preflight.checks import Failed
from controlplane.settings import settings

_SUBSCRIBE = "POST /subscriptions"


def verdict(runner_id: str, environment_id: str, route: str, body: str) -> Verdict:
    """Whether the call may reach the engine, and if not, why not. Raises `NotFound`, `Busy`."""
    account_id, places = _places(runner_id, environment_id)
    try:
        with place("admission", 8, tenant=account_id):
            _judge(route, body, places)
    except (Refused, Failed) as error:
        return Verdict(admitted=False, message=str(error))
    if places.below:
        with transaction() as session:
            outbound_policy.admitted(session, environment_id, places.below)
    return Verdict(admitted=True, subscriptions=_bound(route), reaches_further=bool(places.below))


def _bound(route: str) -> Bound | None:
    """How many of what the call makes an engine may have; null for what has no bound."""
    if route != _SUBSCRIBE:
        return None
    most = settings().kafka_subscriptions_per_environment
    return Bound(
        most=most,
        message=f"This environment has {most} Kafka subscriptions, and may not have more: each is a consumer of its "
        "own in the engine. Delete one (DELETE /subscriptions/{id}), or ask an operator of this plane for more.",
    )


def _places(runner_id: str, environment_id: str) -> tuple[str, Places]:
    """The environment's account, and where it may go. In a transaction that ends before any name is resolved."""
    with transaction() as session:
        environment = repository.of_runner(session, runner_id, environment_id)
        if environment is None:
            raise NotFound("environment")
        proxy = targets.parsed(addresses.of(environment).tunnel_proxy)
        places = Places(outbound_policy.destinations(session, environment_id), proxy, environment_id)
        return environment.account_id, places


def _judge(route: str, body: str, places: Places) -> None:
    if route == "POST /deployments":
        deployments.judge(body, places, creates=True)
    elif re.fullmatch(r"(PATCH|PUT) /deployments/[^/]+", route):
        deployments.judge(body, places, creates=False)
    elif route == "POST /kafka-clusters":
        kafka.judge_cluster(body, places, creates=True)
    elif re.fullmatch(r"PATCH /kafka-clusters/[^/]+", route):
        kafka.judge_cluster(body, places, creates=False)
    elif route == _SUBSCRIBE:
        kafka.judge_subscription(body)
    else:
        raise Refused("This plane does not know what this call would reach.")
