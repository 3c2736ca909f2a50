"""What the pages show: a small company on a fresh plane, made by the API and by calls through the edge."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.controlplane.domains.nameserver import NameServer
from tests.screenshots.company import signing_in
from tests.screenshots.traffic import flowing
from tests.support import services
from tests.support.plane import Plane
from tests.support.tenants import Caller, Environment, Person, create_environment, sign_up
from tests.support.waiting import until

_KEYS: list[dict[str, Any]] = [
    {"description": "checkout backend", "role": "ingress", "restrictions": {"services": ["payment", "greeter"]}},
    {"description": "deploy job", "role": "admin"},
    {"description": "payment webhook", "role": "complete_awakeable"},
]
_PAYMENTS = [("order-1041", 4900), ("order-1042", 1250), ("order-1043", -300), ("order-1044", 8900)]


@contextmanager
def filled(plane: Plane, names: NameServer, directory: Path, minutes: int) -> Iterator[Person]:
    """
    The owner of an account with two environments. In the first a service runs, and is called from ``minutes`` before
    the block until its end.
    """
    ada = sign_up(plane.api_url, "ada@example.com")
    production = create_environment(ada, "production", "acme")
    _second_environments(production)
    _people(plane, production)
    for key in _KEYS:
        ada.created(f"{production.path}/api-keys", **key)
    soon = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    ada.created(f"{production.path}/api-keys", description="trial of a partner", role="ingress", expiresAt=soon)
    keys = [production.signing_public_key]
    with services.typescript(directory, keys) as service, services.thrower(directory, keys) as failing:
        caller = _traffic(production, service.url, failing.url)
        with signing_in(production, names), flowing(caller):
            until(lambda: _counted(production, minutes), 60 * minutes + 90)
            yield ada


def _second_environments(first: Environment) -> None:
    path = f"/accounts/{first.account_id}/environments"
    first.owner.created(path, name="staging")
    former = first.owner.created(path, name="preview")
    first.owner.call("DELETE", f"{path}/{former['environmentId']}")


def _people(plane: Plane, environment: Environment) -> None:
    ada, account = environment.owner, f"/accounts/{environment.account_id}"
    for name, role in (("grace", "developer"), ("alan", "viewer")):
        person = sign_up(plane.api_url, f"{name}@example.com")
        ada.created(f"{account}/invitations", email=person.email, role=role)
        (invitation,) = person.call("GET", "/invitations").json()["items"]
        person.created("/invitations/accept", invitationId=invitation["invitationId"])
    ada.created(f"{account}/invitations", email="barbara@example.com", role="admin")


def _traffic(environment: Environment, url: str, failing_url: str) -> Caller:
    caller = environment.using(environment.api_key())
    for one in (url, failing_url):
        answer = caller.register(one)
        assert answer.is_success, answer.text
    caller.send("/approval/request/send", "contract 7")
    caller.send("/trip/book/send", {"customer": "ada", "hoursToDecide": 24})
    for order, amount in _PAYMENTS:
        caller.send(f"/payment/{order}/run/send", {"account": "acme", "amount": amount, "email": "ada@example.com"})
    caller.invoke("/payment/order-1041/paymentWebhook", "acme")
    caller.send("/thrower/fail/send", "The bank did not answer within 5 s")
    environment.using("key_of_nobody").post("/greeter/ada/greet", "Hello")
    return caller


def _counted(environment: Environment, minutes: int) -> bool:
    """Whether the plane has heard of calls in so many minutes."""
    usage = environment.owner.call("GET", f"/accounts/{environment.account_id}/usage/recent").json()["items"]
    return any(sum(map(bool, one["requests"])) >= minutes for one in usage)
