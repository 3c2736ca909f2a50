"""Awakeables, cancelling and killing, through the edge."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.support.tenants import Caller
from tests.support.waiting import until
from tests.system.conftest import Examples

pytestmark = pytest.mark.system


def _ask(examples: Examples) -> tuple[str, str, str]:
    """A handler that waits for an approval: document, invocation id, awakeable id."""
    document = uuid4().hex
    invocation = examples.caller.send("/approval/request/send", document, idempotency_key=document)
    (asked,) = until(lambda: examples.typescript.effects(f"ask {document}"))
    return document, invocation, asked.split()[-1]


@pytest.fixture(scope="module")
def completer(examples: Examples) -> Caller:
    """Holds a key that may complete awakeables and nothing else."""
    return examples.environment.using(examples.environment.api_key("complete_awakeable"))


def test_a_complete_awakeable_key_resolves(examples: Examples, completer: Caller) -> None:
    document, invocation, awakeable = _ask(examples)
    assert completer.post(f"/restate/awakeables/{awakeable}/resolve", "approved").status_code == 202
    attached = examples.caller.ingress("GET", f"/restate/invocation/{invocation}/attach")
    assert attached.json() == f"{document}: approved"


def test_a_complete_awakeable_key_rejects(examples: Examples, completer: Caller) -> None:
    _, invocation, awakeable = _ask(examples)
    rejected = completer.ingress(
        "POST", f"/restate/a/{awakeable}/reject", content="not today", headers={"content-type": "text/plain"}
    )
    assert rejected.status_code == 202, rejected.text
    attached = examples.caller.ingress("GET", f"/restate/invocation/{invocation}/attach")
    assert attached.status_code == 500
    assert attached.json()["message"] == "not today"


@pytest.mark.parametrize(
    "path",
    [
        "/echo/note",
        "/greeter/x/greet",
        "/restate/call/echo/note",
        "/restate/send/echo/note",
        "/restate/awakeables/../../echo/note",
        "/restate/awakeables/x/resolve/../../../../echo/note",
        "/restate/awakeables/%2e%2e/%2e%2e/echo/note",
        "/restate/lookup",
    ],
)
def test_a_complete_awakeable_key_may_do_nothing_else(examples: Examples, completer: Caller, path: str) -> None:
    word = uuid4().hex
    refused = completer.post(path, word)
    assert refused.status_code == 403, refused.text
    assert refused.json()["message"]
    assert completer.admin("GET", "/deployments").status_code == 403
    assert examples.typescript.effects(word) == []


def _book(examples: Examples) -> tuple[str, str]:
    """A trip with flight and car reserved, waiting for its customer: customer and invocation id."""
    customer = uuid4().hex
    invocation = examples.caller.send("/trip/book/send", {"customer": customer, "hoursToDecide": 1})
    until(lambda: len(examples.typescript.effects(customer)) == 2)
    return customer, invocation


def _failure(examples: Examples, invocation: str) -> str | None:
    rows = examples.caller.sql(
        f"select status, completion_failure from sys_invocation where id = '{invocation}' and status = 'completed'"
    )
    return str(rows[0]["completion_failure"]) if rows else None


def test_cancelling_undoes_what_was_done(examples: Examples) -> None:
    customer, invocation = _book(examples)
    assert examples.caller.admin("PATCH", f"/invocations/{invocation}/cancel").status_code == 202
    assert until(lambda: _failure(examples, invocation)) == "[409] Cancelled"
    assert examples.typescript.effects(customer) == [
        f"reserve flight {customer}",
        f"reserve car {customer}",
        f"cancel car {customer}",
        f"cancel flight {customer}",
    ]


def test_killing_undoes_nothing(examples: Examples) -> None:
    customer, invocation = _book(examples)
    assert examples.caller.admin("PATCH", f"/invocations/{invocation}/kill").status_code in (200, 202)
    assert until(lambda: _failure(examples, invocation)) == "[409] killed"
    assert examples.typescript.effects(customer) == [f"reserve flight {customer}", f"reserve car {customer}"]


def test_a_booked_trip_is_charged_and_not_undone(examples: Examples) -> None:
    customer = uuid4().hex
    assert examples.caller.invoke("/trip/book", {"customer": customer, "hoursToDecide": 0}) == "booked"
    assert examples.typescript.effects(customer)[-1] == f"charge trip {customer}"
